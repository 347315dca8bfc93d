package io.mistersmith.persistence.core.backup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.mistersmith.persistence.config.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which unfinished upload is gone on with, and what the store has of it, over several pages. */
class S3PartsTest {

  private static final String KEY = "production/base.tar";

  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final Queue<String> answers = new ConcurrentLinkedQueue<>();

  @SuppressWarnings("NullAway.Init") // set before each test
  private HttpServer server;

  @SuppressWarnings("NullAway.Init") // set before each test
  private S3Parts parts;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    URI endpoint = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    S3Credentials credentials = new S3Credentials("key", Secret.of("secret"), Optional.empty());
    parts =
        new S3Parts(
            new S3Client(
                new S3Place(endpoint, "eu-central-1", "backups", true),
                () -> credentials,
                Duration.ofSeconds(30),
                1),
            KEY);
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    requests.add(exchange.getRequestURI().getRawQuery());
    byte[] body = answers.remove().getBytes(UTF_8);
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private static String upload(String key, String id, String initiated) {
    return "<Upload><Key>%s</Key><UploadId>%s</UploadId><Initiated>%s</Initiated></Upload>"
        .formatted(key, id, initiated);
  }

  private static String uploads(String next, String... uploads) {
    return """
    <ListMultipartUploadsResult><IsTruncated>%s</IsTruncated><NextKeyMarker>%s</NextKeyMarker>
    <NextUploadIdMarker>%s</NextUploadIdMarker>%s</ListMultipartUploadsResult>\
    """
        .formatted(!next.isEmpty(), KEY, next, String.join("", uploads));
  }

  @Test
  void theNewestUploadOfAllPagesIsGoneOnWith() {
    answers.add(
        uploads(
            "a2",
            upload(KEY, "a1", "2026-12-01T10:00:00.000Z"),
            upload(KEY + ".other", "a2", "2026-12-02T10:00:00.000Z")));
    answers.add(
        uploads(
            "",
            upload(KEY, "b", "2026-12-01T12:00:00.000Z"),
            upload(KEY, "c", "2026-12-01T11:00:00.000Z")));

    assertThat(parts.find()).contains("b");
    assertThat(requests.get(1)).contains("upload-id-marker=a2", "key-marker=production%2Fbase.tar");
  }

  @Test
  void thePartsOfAllPagesAreKnown() {
    answers.add(
        """
        <ListPartsResult><IsTruncated>true</IsTruncated>
        <NextPartNumberMarker>1</NextPartNumberMarker>
        <Part><PartNumber>1</PartNumber><ETag>"e1"</ETag><Size>5</Size></Part></ListPartsResult>\
        """);
    answers.add(
        """
        <ListPartsResult><IsTruncated>false</IsTruncated>
        <Part><PartNumber>2</PartNumber><ETag>"e2"</ETag><Size>6</Size></Part></ListPartsResult>\
        """);

    assertThat(parts.parts("id"))
        .containsExactly(
            entry(1, new S3Parts.Part("\"e1\"", 5)), entry(2, new S3Parts.Part("\"e2\"", 6)));
    assertThat(requests.get(1)).contains("part-number-marker=1");
  }
}
