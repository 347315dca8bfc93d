package io.mistersmith.persistence.core.internal.operations;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Numbers as people write them. */
final class Numbers {

  private static final int PLACES = 2;

  private Numbers() {}

  /** Returns a number without an exponent, to two places. */
  static String plain(double value) {
    return exact(BigDecimal.valueOf(value).setScale(PLACES, RoundingMode.HALF_UP).doubleValue());
  }

  /** Returns a number without an exponent and without zeros at its end. */
  static String exact(double value) {
    BigDecimal number = BigDecimal.valueOf(value).stripTrailingZeros();
    return number.scale() < 0 ? number.setScale(0).toPlainString() : number.toPlainString();
  }
}
