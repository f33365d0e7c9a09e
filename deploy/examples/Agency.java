// An agency's system: takes its pushes by the stream, acknowledges each when it is kept, and signs it.
//
// Generate the client from proto/ with the protobuf plugin of Gradle or Maven and grpc-java's, and put
// io.grpc:grpc-netty-shaded, grpc-protobuf and grpc-stub on the class path; with Debian's packages see tests/examples.
// Then:
//
//     java Agency HOST:PORT CA.pem TOKEN-FILE

import fengqiao.notification.v1.NotificationServiceGrpc;
import fengqiao.notification.v1.NotificationServiceGrpc.NotificationServiceBlockingStub;
import fengqiao.notification.v1.NotificationServiceOuterClass.AcknowledgePush;
import fengqiao.notification.v1.NotificationServiceOuterClass.OpenStream;
import fengqiao.notification.v1.NotificationServiceOuterClass.SignPushRequest;
import fengqiao.notification.v1.NotificationServiceOuterClass.TakePushesRequest;
import fengqiao.notification.v1.NotificationServiceOuterClass.TakePushesResponse;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

public final class Agency implements ClientResponseObserver<TakePushesRequest, TakePushesResponse> {
    private final NotificationServiceBlockingStub calls;
    private final CountDownLatch ended = new CountDownLatch(1);
    private ClientCallStreamObserver<TakePushesRequest> say;

    private Agency(NotificationServiceBlockingStub calls) {
        this.calls = calls;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<TakePushesRequest> requests) {
        say = requests;
    }

    @Override
    public void onNext(TakePushesResponse answer) {
        var push = answer.getPush();
        // Keep it under its id here: what is not acknowledged comes again, with the same one.
        System.out.println(push.getLevel() + " " + push.getCaseNumber() + " " + push.getMatter().getTitle());
        var kept = AcknowledgePush.newBuilder().setPushId(push.getPushId());
        say.onNext(TakePushesRequest.newBuilder().setAcknowledge(kept).build());
        var sign = SignPushRequest.newBuilder().setPushId(push.getPushId()).build();
        calls.withDeadlineAfter(15, TimeUnit.SECONDS).signPush(sign);
    }

    @Override
    public void onError(Throwable error) {
        // Open it again after a growing wait: nothing is lost meanwhile.
        System.err.println(error.getMessage());
        ended.countDown();
    }

    @Override
    public void onCompleted() {
        ended.countDown();
    }

    public static void main(String[] arguments) throws Exception {
        var tls = TlsChannelCredentials.newBuilder().trustManager(new File(arguments[1])).build();
        var channel = Grpc.newChannelBuilder(arguments[0], tls).build();
        var headers = new Metadata();
        var authorization = Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
        headers.put(authorization, "Bearer " + Files.readString(Path.of(arguments[2])).trim());
        var token = MetadataUtils.newAttachHeadersInterceptor(headers);
        var agency = new Agency(NotificationServiceGrpc.newBlockingStub(channel).withInterceptors(token));
        var say = NotificationServiceGrpc.newStub(channel).withInterceptors(token).takePushes(agency);
        say.onNext(TakePushesRequest.newBuilder().setOpen(OpenStream.getDefaultInstance()).build());
        agency.ended.await();
        channel.shutdown();
    }
}
