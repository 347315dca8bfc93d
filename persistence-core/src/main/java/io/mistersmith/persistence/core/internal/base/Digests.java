package io.mistersmith.persistence.core.internal.base;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Checksums as both stores write them. */
public final class Digests {

  private static final HexFormat HEX = HexFormat.of();

  private Digests() {}

  /** A SHA-256 for one thread, to be used for many values. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** The SHA-256 of the bytes in lower-case hexadecimal digits. */
  public static String sha256Hex(byte[] bytes) {
    return sha256Hex(sha256(), bytes);
  }

  /** The same by a digest that the caller keeps. */
  public static String sha256Hex(MessageDigest sha256, byte[] bytes) {
    return HEX.formatHex(sha256.digest(bytes));
  }
}
