package io.mistersmith.persistence.conflict;

/**
 * What becomes of a conflict.
 *
 * @param <T> the type of the values
 */
public sealed interface Resolution<T> {

  /** What is stored stays; the save returns it. */
  record KeepCurrent<T>() implements Resolution<T> {}

  /** What is to be saved replaces it. */
  record TakeIncoming<T>() implements Resolution<T> {}

  /**
   * Another value replaces both.
   *
   * @param value that value
   */
  record Merged<T>(T value) implements Resolution<T> {}

  /**
   * Nothing is stored, and the save fails.
   *
   * @param reason why, in words that the error's message takes over; no values
   */
  record Rejected<T>(String reason) implements Resolution<T> {}

  /** {@link KeepCurrent}. */
  static <T> Resolution<T> keepCurrent() {
    return new KeepCurrent<>();
  }

  /** {@link TakeIncoming}. */
  static <T> Resolution<T> takeIncoming() {
    return new TakeIncoming<>();
  }

  /** {@link Merged}. */
  static <T> Resolution<T> merged(T value) {
    return new Merged<>(value);
  }

  /** {@link Rejected}. */
  static <T> Resolution<T> rejected(String reason) {
    return new Rejected<>(reason);
  }
}
