package io.mistersmith.persistence.bench;

import java.util.Locale;

/**
 * The required ratio of a figure.
 *
 * @param kind which way is better
 * @param ratio the bound of ours divided by raw
 * @param value a bound of the value itself as well, or 0 for none
 */
record Goal(Kind kind, double ratio, double value) {

  /** Which way is better. */
  enum Kind {
    /** The ratio may be this at most. */
    AT_MOST,
    /** The ratio must be this at least. */
    AT_LEAST,
    /** The ratio must be this at least, or the value itself its bound. */
    EITHER_AT_LEAST,
    /** The value itself may be this at most; raw is shown beside it. */
    VALUE_AT_MOST,
    /** The value may be this much more than raw at most. */
    OVER_RAW_AT_MOST,
    /** There is none. */
    REPORTED
  }

  static Goal atMost(double ratio) {
    return new Goal(Kind.AT_MOST, ratio, 0);
  }

  static Goal atLeast(double ratio) {
    return new Goal(Kind.AT_LEAST, ratio, 0);
  }

  /** This goal, and a value that is this at least. */
  Goal and(double least) {
    return new Goal(kind, ratio, least);
  }

  /** This goal, or else a value that is this at least. */
  Goal or(double least) {
    return new Goal(Kind.EITHER_AT_LEAST, ratio, least);
  }

  static Goal valueAtMost(double value) {
    return new Goal(Kind.VALUE_AT_MOST, 0, value);
  }

  static Goal overRawAtMost(double value) {
    return new Goal(Kind.OVER_RAW_AT_MOST, 0, value);
  }

  static Goal reported() {
    return new Goal(Kind.REPORTED, 0, 0);
  }

  boolean isMet(double reached, double raw, double reachedRatio) {
    return switch (kind) {
      case AT_MOST -> reachedRatio <= ratio;
      case AT_LEAST -> reachedRatio >= ratio && reached >= value;
      case EITHER_AT_LEAST -> reachedRatio >= ratio || reached >= value;
      case VALUE_AT_MOST -> reached <= value;
      case OVER_RAW_AT_MOST -> reached - raw <= value;
      case REPORTED -> true;
    };
  }

  String text(String unit) {
    return switch (kind) {
      case AT_MOST -> String.format(Locale.ROOT, "<=%.2fx", ratio);
      case AT_LEAST ->
          String.format(Locale.ROOT, ">=%.2fx", ratio)
              + (value > 0 ? ",>=" + Figure.number(value) + unit : "");
      case EITHER_AT_LEAST ->
          String.format(Locale.ROOT, ">=%.2fx", ratio) + "|>=" + Figure.number(value) + unit;
      case VALUE_AT_MOST -> "<=" + Figure.number(value) + unit;
      case OVER_RAW_AT_MOST -> "<=raw+" + Figure.number(value) + unit;
      case REPORTED -> "reported";
    };
  }
}
