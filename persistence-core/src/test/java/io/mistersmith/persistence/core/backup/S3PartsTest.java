package io.mistersmith.persistence.core.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.mistersmith.persistence.config.Secret;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which unfinished upload is gone on with, and what the store has of it, over several pages. */
class S3PartsTest {

  private static final String KEY = "production/base.tar";

  @SuppressWarnings("NullAway.Init") // set before each test
  private FakeObjectStore store;

  @SuppressWarnings("NullAway.Init") // set before each test
  private S3Parts parts;

  @BeforeEach
  void start() throws IOException {
    store = new FakeObjectStore();
    S3Credentials credentials = new S3Credentials("key", Secret.of("secret"), Optional.empty());
    parts =
        new S3Parts(
            new S3Client(
                new S3Place(store.endpoint(), "eu-central-1", "backups", true),
                () -> credentials,
                Duration.ofSeconds(30),
                1),
            KEY);
  }

  @AfterEach
  void stop() {
    store.close();
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
    store.says(
        200,
        uploads(
            "a2",
            upload(KEY, "a1", "2026-12-01T10:00:00.000Z"),
            upload(KEY + ".other", "a2", "2026-12-02T10:00:00.000Z")));
    store.says(
        200,
        uploads(
            "",
            upload(KEY, "b", "2026-12-01T12:00:00.000Z"),
            upload(KEY, "c", "2026-12-01T11:00:00.000Z")));

    assertThat(parts.find()).contains("b");
    assertThat(store.requests.get(1))
        .contains("upload-id-marker=a2", "key-marker=production%2Fbase.tar");
  }

  @Test
  void thePartsOfAllPagesAreKnown() {
    store.says(
        200,
        """
        <ListPartsResult><IsTruncated>true</IsTruncated>
        <NextPartNumberMarker>1</NextPartNumberMarker>
        <Part><PartNumber>1</PartNumber><ETag>"e1"</ETag><Size>5</Size></Part></ListPartsResult>\
        """);
    store.says(
        200,
        """
        <ListPartsResult><IsTruncated>false</IsTruncated>
        <Part><PartNumber>2</PartNumber><ETag>"e2"</ETag><Size>6</Size></Part></ListPartsResult>\
        """);

    assertThat(parts.parts("id"))
        .containsExactly(
            entry(1, new S3Parts.Part("\"e1\"", 5)), entry(2, new S3Parts.Part("\"e2\"", 6)));
    assertThat(store.requests.get(1)).contains("part-number-marker=1");
  }
}
