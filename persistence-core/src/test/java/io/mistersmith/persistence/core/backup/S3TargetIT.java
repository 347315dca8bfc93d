package io.mistersmith.persistence.core.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.backup.BackupTarget;
import io.mistersmith.persistence.backup.BackupTarget.Upload;
import io.mistersmith.persistence.config.Secret;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.testkit.contract.BackupTargetContract;
import io.mistersmith.persistence.testkit.server.S3Server;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The contract of targets on a server that checks signatures, and uploads that are cut off. */
class S3TargetIT extends BackupTargetContract {

  private static final int PART = 5 * 1024 * 1024;
  private static final String BUCKET = "backups";
  private static final AtomicInteger TARGETS = new AtomicInteger();

  @SuppressWarnings("NullAway.Init") // set before all tests
  private static S3Server server;

  private String prefix = "";

  @BeforeAll
  static void start() {
    server = S3Server.start();
    S3Client client = builder(BUCKET, server.secretKey()).build().client();
    assertThat(client.send("create the bucket", S3Call.of("PUT", "")).statusCode()).isEqualTo(200);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static S3Target.Builder builder(String bucket, String secretKey) {
    return S3Target.builder(bucket)
        .endpoint(server.endpoint())
        .partSize(PART)
        .attempts(2)
        .credentials(() -> S3Credentials.of(server.accessKey(), Secret.of(secretKey)));
  }

  private S3Target target() {
    return builder(BUCKET, server.secretKey()).prefix(prefix).build();
  }

  @Override
  protected BackupTarget open() {
    prefix = "target-" + TARGETS.incrementAndGet();
    return target();
  }

  @Override
  protected int partSize() {
    return PART;
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private static String trace(Throwable failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  private static PersistenceException failure(Runnable call) {
    return catchThrowableOfType(PersistenceException.class, call::run);
  }

  @Test
  void anotherProcessGoesOnWithAnUploadThatWasLeft() throws IOException {
    byte[] content = random(4 * PART + 17);
    try (Upload upload = target().resume("backups/a/base.tar", content.length)) {
      upload.write(content, 0, 2 * PART + 9);
    }

    try (Upload upload = target().resume("backups/a/base.tar", content.length)) {
      int from = (int) upload.offset();
      assertThat(from).isEqualTo(2 * PART);
      upload.write(content, from, content.length - from);
      upload.complete();
    }

    try (InputStream in = target().get("backups/a/base.tar", 0)) {
      assertThat(in.readAllBytes()).isEqualTo(content);
    }
  }

  /** A content that differs from what was sent before must not be mixed with it. */
  @Test
  void aFileThatIsPutAgainIsTheNewOneWhateverWasSentOfTheOld() throws IOException {
    byte[] old = random(3 * PART);
    byte[] now = old.clone();
    now[7] = (byte) (now[7] ^ 1);
    InputStream failing =
        new FilterInputStream(new ByteArrayInputStream(old)) {
          private int left = 2 * PART + 1;

          @Override
          public int read(byte[] into, int from, int length) throws IOException {
            if (left <= 0) {
              throw new IOException("broken");
            }
            int read = super.read(into, from, Math.min(length, left));
            left -= read;
            return read;
          }
        };
    assertThat(failure(() -> target().put("wal/x", old.length, failing)).error())
        .isEqualTo(DataError.CONNECTION_FAILED);
    assertThat(target().find("wal/x")).isEmpty();

    target().put("wal/x", now.length, new ByteArrayInputStream(now));

    try (InputStream in = target().get("wal/x", 0)) {
      assertThat(in.readAllBytes()).isEqualTo(now);
    }
    assertThat(failure(() -> target().put("wal/x", 5, new ByteArrayInputStream(now, 0, 5))).error())
        .isEqualTo(DataError.DUPLICATE_KEY);
    target().put("wal/x", now.length, new ByteArrayInputStream(now));
  }

  @Test
  void deletingAFileEndsItsUploads() {
    byte[] content = random(2 * PART);
    try (Upload upload = target().resume("backups/b/base.tar", content.length)) {
      upload.write(content, 0, PART);
    }
    target().delete("backups/b/base.tar");

    try (Upload upload = target().resume("backups/b/base.tar", content.length)) {
      assertThat(upload.offset()).isZero();
    }
  }

  @Test
  void wrongKeysAreRefusedWithoutShowingThem() {
    S3Target wrong = builder(BUCKET, "a-wrong-secret").build();

    PersistenceException refused = failure(() -> wrong.list(""));

    assertThat(refused.error()).isEqualTo(DataError.ACCESS_DENIED);
    assertThat(trace(refused)).contains(BUCKET).doesNotContain("a-wrong-secret");
    assertThat(wrong.toString()).doesNotContain("secret").doesNotContain(server.accessKey());
  }

  @Test
  void aBucketThatDoesNotExistIsNamed() {
    S3Target none = builder("no-such-bucket", server.secretKey()).build();

    PersistenceException refused = failure(() -> none.list(""));

    assertThat(refused.error()).isEqualTo(DataError.MISCONFIGURED);
    assertThat(refused).hasMessageContaining("no-such-bucket").hasMessageContaining("create");
  }

  @Test
  void aServerThatDoesNotAnswerFailsInTime() {
    S3Target impatient =
        builder(BUCKET, server.secretKey()).timeout(Duration.ofMillis(300)).build();
    server.pause();
    try {
      PersistenceException late = failure(() -> impatient.find("wal/x"));
      assertThat(late.isTransient()).isTrue();
      assertThat(late.error()).isEqualTo(DataError.TIMEOUT);
    } finally {
      server.resume();
    }
  }
}
