package io.mistersmith.persistence.core.backup;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The digests that an object store asks for. */
final class S3Digests {

  private S3Digests() {}

  static MessageDigest sha256() {
    return of("SHA-256");
  }

  private static MessageDigest of(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has " + algorithm, e);
    }
  }

  /** Returns the SHA-256 of the bytes in lower-case hexadecimal digits. */
  static String sha256Hex(byte[] bytes) {
    return HexFormat.of().formatHex(sha256().digest(bytes));
  }

  /** Returns the MD5 of the bytes in lower-case hexadecimal digits: the ETag of most parts. */
  static String md5Hex(byte[] bytes) {
    return HexFormat.of().formatHex(of("MD5").digest(bytes));
  }
}
