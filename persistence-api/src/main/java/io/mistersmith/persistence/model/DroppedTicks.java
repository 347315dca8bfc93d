package io.mistersmith.persistence.model;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Digests of what vector clocks have dropped: equal for the same past, and different for any other.
 */
final class DroppedTicks {
  private static final int BYTES = 8;

  private DroppedTicks() {}

  /** The digest after these entries were dropped, too. */
  static String add(String digest, List<HybridTimestamp> gone) {
    StringBuilder text = new StringBuilder(digest);
    gone.forEach(write -> text.append(' ').append(write));
    return hash(text.toString());
  }

  /**
   * The digest of a merged clock. Where the two differ it is a new one: taking either would claim
   * that the merged clock has seen no more than that one.
   */
  static String join(String one, String other) {
    if (one.equals(other)) {
      return one;
    }
    String[] both = {one, other};
    Arrays.sort(both);
    return hash(both[0] + '+' + both[1]);
  }

  private static String hash(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("This Java runtime lacks SHA-256, which all must have", e);
    }
  }
}
