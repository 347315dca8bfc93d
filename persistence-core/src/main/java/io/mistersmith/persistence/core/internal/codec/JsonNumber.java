package io.mistersmith.persistence.core.internal.codec;

import com.fasterxml.jackson.core.StreamReadConstraints;
import java.math.BigDecimal;
import java.util.Optional;

/** Decides which numbers both stores and every reader take. Reasons never quote the number. */
final class JsonNumber {

  /** Jackson's default limit on the length of a number that it reads. */
  static final int MAX_LENGTH = StreamReadConstraints.DEFAULT_MAX_NUM_LEN;

  /**
   * The most digits that PostgreSQL's {@code numeric} has after the point. Before the point it has
   * more than a double.
   */
  private static final int MAX_SCALE = 16_383;

  private JsonNumber() {}

  /** Returns why a number in this notation is refused; empty when it is accepted. */
  static Optional<String> refusal(char[] text, int offset, int length) {
    if (length > MAX_LENGTH) {
      return tooLong(length);
    }
    int fraction = 0;
    boolean afterPoint = false;
    for (int i = offset; i < offset + length; i++) {
      char c = text[i];
      if (c == 'e' || c == 'E') {
        return refusal(text, offset, length, fraction, i + 1);
      }
      fraction += afterPoint ? 1 : 0;
      afterPoint |= c == '.';
    }
    // Without an exponent it has at most as many digits as characters, so that it has few enough
    // after the point, and is in range if they are fewer than a double's.
    return length <= 300 ? Optional.empty() : beyondDouble(new String(text, offset, length));
  }

  private static Optional<String> refusal(
      char[] text, int offset, int length, int fraction, int exponentAt) {
    int end = offset + length;
    int at = exponentAt;
    boolean negative = at < end && text[at] == '-';
    at += at < end && (negative || text[at] == '+') ? 1 : 0;
    int exponent = 0;
    for (; at < end; at++) {
      exponent = Math.min(exponent * 10 + (text[at] - '0'), 1_000_000);
    }
    if (negative && fraction + exponent > MAX_SCALE) {
      return tooFine();
    }
    if (exponent == 1_000_000) {
      return Optional.of("a number is beyond the range of a double");
    }
    return beyondDouble(new String(text, offset, length));
  }

  /** Returns why a number is refused; empty when it is accepted. */
  static Optional<String> refusal(BigDecimal number) {
    if (number.scale() > MAX_SCALE) {
      return tooFine();
    }
    // A point, a sign, an exponent, and zeros behind the point where there is no exponent.
    if (number.precision() > MAX_LENGTH - 20 && number.toString().length() > MAX_LENGTH) {
      return tooLong(number.toString().length());
    }
    return Double.isInfinite(number.doubleValue())
        ? Optional.of("a number is beyond the range of a double")
        : Optional.empty();
  }

  private static Optional<String> beyondDouble(String number) {
    return Double.isInfinite(Double.parseDouble(number))
        ? Optional.of("a number is beyond the range of a double")
        : Optional.empty();
  }

  private static Optional<String> tooLong(int length) {
    return Optional.of(
        "a number of "
            + length
            + " characters is longer than the "
            + MAX_LENGTH
            + " that are read back; save it as a string");
  }

  private static Optional<String> tooFine() {
    return Optional.of(
        "a number has more than "
            + MAX_SCALE
            + " digits behind the point, which PostgreSQL cannot store");
  }
}
