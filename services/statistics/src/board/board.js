// Draws the charts from their tables, and takes the newer numbers that the server sends.
"use strict";

(() => {
  const live = document.getElementById("live");
  const fresh = document.getElementById("fresh");
  const charts = [];

  const colour = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();

  function draw(figure) {
    const table = figure.querySelector("table");
    const plot = figure.querySelector(".plot");
    const heads = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent);
    const rows = [...table.tBodies[0].rows];
    // Midnight of the browser's own zone: the axis shows days, not moments.
    const days = rows.map((row) => Date.parse(row.cells[0].dataset.day + "T00:00:00") / 1000);
    const values = heads.map((_, column) => rows.map((row) => Number(row.cells[column + 1].textContent)));
    const bars = figure.dataset.chart === "bars";
    const narrow = plot.clientWidth / days.length < 46;
    const ink = colour("--ink");
    const grid = { stroke: colour("--line"), width: 1 };
    const two = (number) => String(number).padStart(2, "0");
    const label = (second) => {
      const day = new Date(second * 1000);
      const month = two(day.getMonth() + 1);
      return bars ? `${String(day.getFullYear()).slice(2)}-${month}` : `${month}-${two(day.getDate())}`;
    };
    const series = heads.map((name, number) => ({
      label: name,
      stroke: colour(`--chart-${number + 1}`),
      fill: bars ? colour(`--chart-${number + 1}`) : undefined,
      width: 2,
      dash: bars || number === 0 ? undefined : [6, 3 * number],
      // The second row of bars stands inside the first: it is a part of it.
      paths: bars ? uPlot.paths.bars({ size: [number === 0 ? 0.8 : 0.5, 60] }) : undefined,
      points: { show: false },
    }));
    const options = {
      width: plot.clientWidth,
      height: document.body.classList.contains("wall") ? 168 : 230,
      cursor: { drag: { x: false, y: false } },
      legend: { live: false },
      scales: {
        x: { range: (_, least, most) => (bars ? [least - 1.3e6, most + 1.3e6] : [least, most]) },
        y: { range: (_, least, most) => [0, Math.max(most, 1) * 1.1] },
      },
      axes: [
        {
          stroke: ink,
          grid,
          // Where months stand close, every other one has its name.
          values: (_, splits) => splits.map((one, place) => (bars && narrow && place % 2 ? "" : label(one))),
          splits: bars ? () => days : undefined,
        },
        { stroke: ink, grid, size: 56 },
      ],
      series: [{}, ...series],
    };
    charts.push({ plot, chart: new uPlot(options, [days, ...values], plot) });
  }

  function drawAll() {
    for (const { chart } of charts.splice(0)) chart.destroy();
    for (const figure of document.querySelectorAll("[data-chart]")) draw(figure);
  }

  // What was opened stays open, and who stands somewhere stays there.
  function take(html) {
    const opened = [...live.querySelectorAll("details[open]")].map((one) => one.id);
    const focused = document.activeElement;
    const way = focused && live.contains(focused) ? focused.getAttribute("href") : null;
    live.innerHTML = html;
    for (const id of opened) {
      const one = id && document.getElementById(id);
      if (one) one.open = true;
    }
    if (way) {
      const again = [...live.querySelectorAll("a")].find((link) => link.getAttribute("href") === way);
      if (again) again.focus({ preventScroll: true });
    }
    drawAll();
  }

  function follow() {
    const source = new EventSource(live.dataset.source);
    source.addEventListener("figures", (event) => take(event.data));
    source.addEventListener("fresh", (event) => {
      fresh.classList.remove("lost");
      fresh.textContent = event.data;
    });
    source.addEventListener("over", () => {
      source.close();
      location.reload();
    });
    source.addEventListener("error", () => {
      fresh.classList.add("lost");
      fresh.textContent = fresh.dataset.lost;
      // What was refused is not tried again by the browser itself.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 60_000);
    });
  }

  drawAll();
  let waits;
  addEventListener("resize", () => {
    clearTimeout(waits);
    waits = setTimeout(() => {
      for (const { plot, chart } of charts) chart.setSize({ width: plot.clientWidth, height: chart.height });
    }, 150);
  });
  if (live) follow();
})();
