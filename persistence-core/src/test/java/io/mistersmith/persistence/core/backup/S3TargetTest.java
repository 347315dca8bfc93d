package io.mistersmith.persistence.core.backup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.config.Secret;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is sent to an object store, how its refusals read, and what is kept to itself. */
class S3TargetTest {

  private static final String SECRET = "s3cr3t";

  @SuppressWarnings("NullAway.Init") // set before each test
  private FakeObjectStore store;

  @BeforeEach
  void start() throws IOException {
    store = new FakeObjectStore();
  }

  @AfterEach
  void stop() {
    store.close();
  }

  private S3Target.Builder builder() {
    return S3Target.builder("backups")
        .endpoint(store.endpoint())
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

    assertThat(store.storageClasses)
        .containsEntry("PUT /backups/production/backups/x/base.tar", "GLACIER_IR")
        .containsEntry("PUT /backups/production/backups/x/manifest.json", "null")
        .containsEntry("PUT /backups/production/wal/00000001/000000010000000000000001", "null");
  }

  @Test
  void aServerThatFailsIsAskedAgain() {
    store.says(503, "").says(500, "<html>");

    assertThat(builder().build().find("a")).isEmpty();

    assertThat(store.requests).hasSize(3).containsOnly("HEAD /backups/production/a");
  }

  @Test
  void aRefusalIsNotRepeatedAndNamesItsCode() {
    store.says(403, "<Error><Code>AccessDenied</Code><Message>m</Message></Error>");

    PersistenceException refused = failure(() -> builder().build().list("wal/"));

    assertThat(store.requests).hasSize(1);
    assertThat(refused.error()).isEqualTo(DataError.ACCESS_DENIED);
    assertThat(refused)
        .hasMessageContaining("list wal/ at S3 bucket backups of 127.0.0.1")
        .hasMessageContaining("status 403, S3 error AccessDenied");
  }

  @Test
  void anAnswerThatAllWentWellWithAnErrorInItIsAFailure() {
    store.says(200, "<Error><Code>SlowDown</Code></Error>");

    assertThat(failure(() -> builder().build().list(""))).hasMessageContaining("SlowDown");
  }

  @Test
  void aStoreThatKnowsNoConditionsIsWrittenWithoutThem() {
    store.says(404, "").says(501, "<Error/>").says(200, "");

    put(builder().build(), "a");

    assertThat(store.requests)
        .containsExactly(
            "HEAD /backups/production/a", "PUT /backups/production/a", "PUT /backups/production/a");
  }

  @Test
  void aRedirectIsNotFollowedWithTheKeys() {
    store.says(301, "<Error><Code>PermanentRedirect</Code></Error>");

    PersistenceException refused = failure(() -> builder().build().list(""));

    assertThat(store.requests).hasSize(1);
    assertThat(refused.error()).isEqualTo(DataError.MISCONFIGURED);
    assertThat(refused).hasMessageContaining("region");
  }

  @Test
  void pagesOfAListAreJoinedInOrder() {
    store.says(
        200,
        """
        <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
          <IsTruncated>true</IsTruncated><NextContinuationToken>a+b/=</NextContinuationToken>
          <Contents><Key>production/wal/2</Key><Size>2</Size>
            <LastModified>2026-12-01T23:15:00.000Z</LastModified></Contents>
        </ListBucketResult>\
        """);
    store.says(
        200,
        """
        <ListBucketResult>
          <IsTruncated>false</IsTruncated>
          <Contents><Key>production/wal/1</Key><Size>1</Size>
            <LastModified>2026-12-01T23:14:00.000Z</LastModified></Contents>
        </ListBucketResult>\
        """);

    assertThat(builder().build().list("wal/"))
        .extracting(stored -> stored.path() + " " + stored.size())
        .containsExactly("wal/1 1", "wal/2 2");
    assertThat(store.requests.get(1)).contains("continuation-token=a%2Bb%2F%3D");
  }

  @Test
  void nothingShowsTheKeys() {
    S3Target target = builder().attempts(1).build();
    store.close();

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
    byte[] content = "0123456789".getBytes(UTF_8);
    Queue<String> ranges = new ConcurrentLinkedQueue<>();
    CountDownLatch taken = new CountDownLatch(1);
    store.answerBy(
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
