package io.mistersmith.persistence.core.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Secret;
import io.mistersmith.persistence.core.internal.base.Digests;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The examples that Amazon publishes for S3, each with the signature that is published. */
class S3SignatureTest {

  private static final S3Credentials KEYS =
      S3Credentials.of(
          "AKIAIOSFODNN7EXAMPLE", Secret.of("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"));
  private static final Instant TIME = Instant.parse("2013-05-24T00:00:00Z");
  private static final String HOST = "examplebucket.s3.amazonaws.com";

  private static String sign(
      String method,
      String path,
      Map<String, String> query,
      Map<String, String> more,
      String body) {
    String hash = Digests.sha256Hex(body.getBytes(StandardCharsets.UTF_8));
    SortedMap<String, String> headers = new TreeMap<>(more);
    headers.put("host", HOST);
    headers.put("x-amz-date", S3Signature.time(TIME));
    headers.put("x-amz-content-sha256", hash);
    return new S3Signature("us-east-1")
        .authorization(
            KEYS,
            method,
            S3Signature.path(path),
            S3Signature.query(new TreeMap<>(query)),
            headers,
            hash,
            TIME);
  }

  @Test
  void aPartOfAnObject() {
    assertThat(sign("GET", "/test.txt", Map.of(), Map.of("range", "bytes=0-9"), ""))
        .isEqualTo(
            "AWS4-HMAC-SHA256"
                + " Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                + "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  }

  @Test
  void anObjectWithAStorageClassAndANameThatIsEncoded() {
    assertThat(
            sign(
                "PUT",
                "/test$file.text",
                Map.of(),
                Map.of(
                    "date",
                    "Fri, 24 May 2013 00:00:00 GMT",
                    S3Target.STORAGE_CLASS,
                    "REDUCED_REDUNDANCY"),
                "Welcome to Amazon S3."))
        .endsWith("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  }

  @Test
  void aParameterWithoutAValue() {
    assertThat(sign("GET", "/", Map.of("lifecycle", ""), Map.of(), ""))
        .endsWith("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  }

  @Test
  void parametersInTheirOrder() {
    assertThat(sign("GET", "/", Map.of("prefix", "J", "max-keys", "2"), Map.of(), ""))
        .endsWith("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
  }
}
