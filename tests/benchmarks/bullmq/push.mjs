// BullMQ with undici: a backlog of jobs of 1 KB, posted by one worker. node push.mjs REDIS URL JOBS CONCURRENCY
import { Queue, Worker } from "bullmq";
import { Pool } from "undici";

const [redis, to, jobs, concurrency] = process.argv.slice(2);
const { hostname, port } = new URL(redis);
const connection = { host: hostname, port: Number(port), maxRetriesPerRequest: null };
const name = `push-${Date.now()}`;
const queue = new Queue(name, { connection });
const body = "x".repeat(1024);
const count = Number(jobs);

for (let from = 0; from < count; from += 1000) {
  const batch = Array.from({ length: Math.min(1000, count - from) }, (_, n) => ({
    name: "push",
    data: { id: from + n, body },
    opts: { removeOnComplete: true, removeOnFail: true },
  }));
  await queue.addBulk(batch);
}

const url = new URL(to);
const pool = new Pool(url.origin, { connections: Number(concurrency), pipelining: 1 });
let done = 0;
await new Promise((resolve, reject) => {
  const worker = new Worker(
    name,
    async (job) => {
      const { statusCode, body: answer } = await pool.request({
        method: "POST",
        path: url.pathname,
        headers: { "content-type": "application/json", "webhook-id": String(job.data.id) },
        body: job.data.body,
      });
      await answer.dump();
      if (statusCode >= 300) throw new Error(`status ${statusCode}`);
    },
    { connection, concurrency: Number(concurrency) },
  );
  worker.on("completed", () => {
    done += 1;
    if (done === count) worker.close().then(resolve, reject);
  });
  worker.on("error", reject);
});
await queue.obliterate({ force: true });
await queue.close();
await pool.close();
