package io.mistersmith.persistence.core.backup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.mistersmith.persistence.config.Secret;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is sent to an object store, how its refusals read, and what is kept to itself. */
class S3TargetTest {

  private static final String SECRET = "s3cr3t";

  private record Said(int status, String body) {}

  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final Map<String, String> storageClasses = new ConcurrentHashMap<>();
  private final Queue<Said> answers = new ConcurrentLinkedQueue<>();

  @SuppressWarnings("NullAway.Init") // set before each test
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  /** Knows no object, and takes each. */
  private void answer(HttpExchange exchange) throws IOException {
    byte[] unused = exchange.getRequestBody().readAllBytes();
    String request = exchange.getRequestMethod() + " " + exchange.getRequestURI();
    requests.add(request);
    String storageClass = exchange.getRequestHeaders().getFirst(S3Target.STORAGE_CLASS);
    storageClasses.put(request, String.valueOf(storageClass));
    Said said = answers.poll();
    if (said == null) {
      said = new Said(exchange.getRequestMethod().equals("HEAD") ? 404 : 200, "");
    }
    byte[] body = said.body().getBytes(UTF_8);
    boolean without = body.length == 0 || exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(said.status(), without ? -1 : body.length);
    if (!without) {
      exchange.getResponseBody().write(body);
    }
    exchange.close();
  }

  private S3Target.Builder builder() {
    return S3Target.builder("backups")
        .endpoint(URI.create("http://127.0.0.1:" + server.getAddress().getPort()))
        .prefix("/production/")
        .credentials(
            () ->
                new S3Credentials(
                    "AKEY", Secret.of(SECRET), Optional.of(Secret.of(SECRET + "-token"))));
  }

  private static void put(S3Target target, String path) {
    target.put(path, 1, new ByteArrayInputStream(new byte[1]));
  }

  private static PersistenceException failure(Runnable call) {
    return catchThrowableOfType(PersistenceException.class, call::run);
  }

  @Test
  void onlyTheFilesOfBackupsHaveTheStorageClass() {
    S3Target target = builder().storageClass("GLACIER_IR").build();

    put(target, "backups/x/base.tar");
    put(target, "backups/x/manifest.json");
    put(target, "wal/00000001/000000010000000000000001");

    assertThat(storageClasses)
        .containsEntry("PUT /backups/production/backups/x/base.tar", "GLACIER_IR")
        .containsEntry("PUT /backups/production/backups/x/manifest.json", "null")
        .containsEntry("PUT /backups/production/wal/00000001/000000010000000000000001", "null");
  }

  @Test
  void aServerThatFailsIsAskedAgain() {
    answers.addAll(List.of(new Said(503, ""), new Said(500, "<html>")));

    assertThat(builder().build().find("a")).isEmpty();

    assertThat(requests).hasSize(3).containsOnly("HEAD /backups/production/a");
  }

  @Test
  void aRefusalIsNotRepeatedAndNamesItsCode() {
    answers.add(new Said(403, "<Error><Code>AccessDenied</Code><Message>m</Message></Error>"));

    PersistenceException refused = failure(() -> builder().build().list("wal/"));

    assertThat(requests).hasSize(1);
    assertThat(refused.error()).isEqualTo(DataError.ACCESS_DENIED);
    assertThat(refused)
        .hasMessageContaining("list wal/ at S3 bucket backups of 127.0.0.1")
        .hasMessageContaining("status 403, S3 error AccessDenied");
  }

  @Test
  void anAnswerThatAllWentWellWithAnErrorInItIsAFailure() {
    answers.add(new Said(200, "<Error><Code>SlowDown</Code></Error>"));

    assertThat(failure(() -> builder().build().list(""))).hasMessageContaining("SlowDown");
  }

  @Test
  void aStoreThatKnowsNoConditionsIsWrittenWithoutThem() {
    answers.addAll(List.of(new Said(404, ""), new Said(501, "<Error/>"), new Said(200, "")));

    put(builder().build(), "a");

    assertThat(requests)
        .containsExactly(
            "HEAD /backups/production/a", "PUT /backups/production/a", "PUT /backups/production/a");
  }

  @Test
  void aRedirectIsNotFollowedWithTheKeys() {
    answers.add(new Said(301, "<Error><Code>PermanentRedirect</Code></Error>"));

    PersistenceException refused = failure(() -> builder().build().list(""));

    assertThat(requests).hasSize(1);
    assertThat(refused.error()).isEqualTo(DataError.MISCONFIGURED);
    assertThat(refused).hasMessageContaining("region");
  }

  @Test
  void pagesOfAListAreJoinedInOrder() {
    answers.add(
        new Said(
            200,
            """
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
              <IsTruncated>true</IsTruncated><NextContinuationToken>a+b/=</NextContinuationToken>
              <Contents><Key>production/wal/2</Key><Size>2</Size>
                <LastModified>2026-12-01T23:15:00.000Z</LastModified></Contents>
            </ListBucketResult>\
            """));
    answers.add(
        new Said(
            200,
            """
            <ListBucketResult>
              <IsTruncated>false</IsTruncated>
              <Contents><Key>production/wal/1</Key><Size>1</Size>
                <LastModified>2026-12-01T23:14:00.000Z</LastModified></Contents>
            </ListBucketResult>\
            """));

    assertThat(builder().build().list("wal/"))
        .extracting(stored -> stored.path() + " " + stored.size())
        .containsExactly("wal/1 1", "wal/2 2");
    assertThat(requests.get(1)).contains("continuation-token=a%2Bb%2F%3D");
  }

  @Test
  void nothingShowsTheKeys() {
    S3Target target = builder().attempts(1).build();
    server.stop(0);

    PersistenceException away = failure(() -> target.find("a"));

    assertThat(away.error()).isEqualTo(DataError.CONNECTION_FAILED);
    assertThat(away + " " + away.getCause() + " " + target).doesNotContain(SECRET);
    assertThat(builder()).asString().doesNotContain(SECRET);
    assertThat(S3Credentials.of("AKEY", Secret.of(SECRET)).toString()).doesNotContain(SECRET);
    assertThatThrownBy(() -> S3Credentials.of("two words", Secret.of(SECRET)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("two words");
    assertThatThrownBy(() -> builder().endpoint(URI.create("https://u:" + SECRET + "@h")).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining(SECRET);
    assertThatThrownBy(() -> S3Credentials.of(Map.of("AWS_ACCESS_KEY_ID", "AKEY")))
        .isInstanceOf(NonTransientPersistenceException.class)
        .hasMessageContaining("AWS_SECRET_ACCESS_KEY");
  }

  @Test
  void anObjectHasAtMostTenThousandParts() {
    int least = 16 << 20;
    for (long size : new long[] {1, least, 100L << 30, 5L << 40}) {
      int part = S3Upload.partSize(size, least);
      assertThat(part).isGreaterThanOrEqualTo(least);
      assertThat((size + part - 1) / part).isLessThanOrEqualTo(10_000);
    }
  }

  @Test
  void anObjectIsReadOnWhereTheConnectionBroke() throws IOException {
    server.stop(0);
    byte[] content = "0123456789".getBytes(UTF_8);
    Queue<String> ranges = new ConcurrentLinkedQueue<>();
    CountDownLatch taken = new CountDownLatch(1);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String range = exchange.getRequestHeaders().getFirst("Range");
          ranges.add(String.valueOf(range));
          exchange.getResponseHeaders().add("ETag", "\"v1\"");
          if (range == null) {
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(content, 0, 4);
            exchange.getResponseBody().flush();
            await(taken);
          } else {
            exchange.sendResponseHeaders(206, content.length - 4);
            exchange.getResponseBody().write(content, 4, content.length - 4);
          }
          exchange.close(); // too early after the first part
        });
    server.start();

    try (InputStream in = builder().build().get("a", 0)) {
      assertThat(in.readNBytes(4)).isEqualTo(Arrays.copyOf(content, 4));
      taken.countDown();
      assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOfRange(content, 4, content.length));
    }

    assertThat(ranges).containsExactly("null", "bytes=4-");
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      if (!latch.await(30, TimeUnit.SECONDS)) {
        throw new IOException("nobody came");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
