package io.mistersmith.persistence.core.secret;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/**
 * Secrets that tests give to the library. Each begins with one mark, which must appear in nothing
 * that a run writes: plain, in base64, or in hexadecimal digits.
 */
public final class Planted {

  /**
   * 15 bytes, so that base64 of a secret begins with base64 of the mark. Not in one piece, so that
   * a report that quotes this class tells no secret.
   */
  private static final String MARK = String.join("", "PLANTED", "9c41f", "7a3");

  private static final List<String> FORMS =
      List.of(
          MARK,
          Base64.getEncoder().encodeToString(MARK.getBytes(UTF_8)),
          HexFormat.of().formatHex(MARK.getBytes(UTF_8)));

  private Planted() {}

  /** Returns a secret, whose other part says what it is. */
  public static String secret(String what) {
    return MARK + what;
  }

  /** Returns whether the text tells a secret. */
  public static boolean isIn(String text) {
    return FORMS.stream().anyMatch(text::contains);
  }
}
