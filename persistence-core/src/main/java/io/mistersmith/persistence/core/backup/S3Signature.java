package io.mistersmith.persistence.core.backup;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signs requests as AWS Signature Version 4 prescribes for S3. */
record S3Signature(String region) {

  private static final String ALGORITHM = "AWS4-HMAC-SHA256";
  private static final String HMAC = "HmacSHA256";
  private static final HexFormat UPPER = HexFormat.of().withUpperCase();
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  /** Returns a time as the header {@code x-amz-date} has it. */
  static String time(Instant at) {
    return TIME.format(at);
  }

  /**
   * Returns the header {@code Authorization}.
   *
   * @param path the path of the URL, encoded
   * @param query the query of the URL as {@link #query} returns it
   * @param headers what is signed: names in lower case, {@code host}, {@code x-amz-date} and {@code
   *     x-amz-content-sha256} among them
   * @param bodyHash the SHA-256 of the body
   */
  String authorization(
      S3Credentials credentials,
      String method,
      String path,
      String query,
      SortedMap<String, String> headers,
      String bodyHash,
      Instant at) {
    String names = String.join(";", headers.keySet());
    String lines =
        headers.entrySet().stream()
            .map(header -> header.getKey() + ":" + header.getValue().strip() + "\n")
            .collect(Collectors.joining());
    String request = String.join("\n", method, path, query, lines, names, bodyHash);
    String time = time(at);
    String day = time.substring(0, 8);
    String scope = day + "/" + region + "/s3/aws4_request";
    String toSign =
        String.join("\n", ALGORITHM, time, scope, S3Digests.sha256Hex(request.getBytes(UTF_8)));
    byte[] key = ("AWS4" + credentials.secretKey().reveal()).getBytes(UTF_8);
    for (String part : new String[] {day, region, "s3", "aws4_request"}) {
      key = hmac(key, part);
    }
    return ALGORITHM
        + " Credential="
        + credentials.accessKeyId()
        + "/"
        + scope
        + ",SignedHeaders="
        + names
        + ",Signature="
        + HexFormat.of().formatHex(hmac(key, toSign));
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance(HMAC);
      mac.init(new SecretKeySpec(key, HMAC));
      return mac.doFinal(text.getBytes(UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + HMAC, e);
    }
  }

  /** Returns the parameters as the URL and the signature have them, in order. */
  static String query(SortedMap<String, String> parameters) {
    return parameters.entrySet().stream()
        .map((Map.Entry<String, String> p) -> encode(p.getKey()) + "=" + encode(p.getValue()))
        .collect(Collectors.joining("&"));
  }

  /** Returns a path as the URL and the signature have it; slashes stay. */
  static String path(String path) {
    return encode(path).replace("%2F", "/");
  }

  private static String encode(String text) {
    StringBuilder encoded = new StringBuilder(text.length() + 16);
    for (byte b : text.getBytes(UTF_8)) {
      char c = (char) (b & 0xff);
      boolean plain =
          (c >= 'A' && c <= 'Z')
              || (c >= 'a' && c <= 'z')
              || (c >= '0' && c <= '9')
              || "-._~".indexOf(c) >= 0;
      if (plain) {
        encoded.append(c);
      } else {
        encoded.append('%').append(UPPER.toHexDigits(b));
      }
    }
    return encoded.toString();
  }
}
