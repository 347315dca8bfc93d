package io.mistersmith.persistence.guard;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * An answer for a call that the stores cannot answer at present. The suppliers run on the caller's
 * thread, and may call this library again.
 *
 * @param <T> the type of the answer
 */
public sealed interface Fallback<T> {

  /** Returns the kind. */
  Kind kind();

  /** The kinds of fallbacks. */
  enum Kind {
    /** The latest answer to the same call, with its age. */
    CACHED,
    /** An estimate, or an approximation. */
    REDUCED_ACCURACY,
    /** The part of the answer that the caller cannot do without. */
    ESSENTIAL,
    /** A fixed value. */
    DEFAULT
  }

  /**
   * The latest answer that this process got for the key, no older than {@code maxAge}. Of the
   * answers to all calls with such a fallback the latest 10,000 are kept, by reference.
   *
   * @param key tells calls of one operation apart; it appears in no event, meter or message
   * @param maxAge the greatest age of an answer that is still of use; positive
   */
  record Cached<T>(String key, Duration maxAge) implements Fallback<T> {

    /** Checks the age. */
    public Cached {
      Objects.requireNonNull(key, "key");
      if (maxAge.isNegative() || maxAge.isZero()) {
        throw new IllegalArgumentException("maxAge is " + maxAge + "; it must be positive");
      }
    }

    @Override
    public Kind kind() {
      return Kind.CACHED;
    }
  }

  /** Computes an answer of reduced accuracy. */
  record ReducedAccuracy<T>(Supplier<? extends T> estimate) implements Fallback<T> {
    @Override
    public Kind kind() {
      return Kind.REDUCED_ACCURACY;
    }
  }

  /** Computes the essential part of the answer. */
  record Essential<T>(Supplier<? extends T> part) implements Fallback<T> {
    @Override
    public Kind kind() {
      return Kind.ESSENTIAL;
    }
  }

  /** A value to go on with. */
  record Default<T>(T value) implements Fallback<T> {
    @Override
    public Kind kind() {
      return Kind.DEFAULT;
    }
  }

  /** Answers with the latest answer to the same call. */
  static <T> Fallback<T> cached(String key, Duration maxAge) {
    return new Cached<>(key, maxAge);
  }

  /** Answers with an estimate. */
  static <T> Fallback<T> reducedAccuracy(Supplier<? extends T> estimate) {
    return new ReducedAccuracy<>(estimate);
  }

  /** Answers with the essential part. */
  static <T> Fallback<T> essential(Supplier<? extends T> part) {
    return new Essential<>(part);
  }

  /** Answers with a fixed value. */
  static <T> Fallback<T> value(T value) {
    return new Default<>(value);
  }
}
