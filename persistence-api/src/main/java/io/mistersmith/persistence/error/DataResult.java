package io.mistersmith.persistence.error;

import java.util.Optional;
import java.util.function.Function;

/**
 * An outcome that is data: one row of a bulk call, whose neighbours may fare differently (seed
 * section 6.1). Calls about a single entity throw instead.
 *
 * @param <T> what a success carries
 */
public sealed interface DataResult<T> {

  /** The row succeeded with this value. */
  record Success<T>(T value) implements DataResult<T> {}

  /** The row failed; its neighbours are not affected. */
  record Failure<T>(PersistenceException cause) implements DataResult<T> {}

  /** A success that carries {@code value}. */
  static <T> DataResult<T> success(T value) {
    return new Success<>(value);
  }

  /** A failure with its typed cause. */
  static <T> DataResult<T> failure(PersistenceException cause) {
    return new Failure<>(cause);
  }

  /** Whether this is a {@link Success}. */
  default boolean isSuccess() {
    return this instanceof Success;
  }

  /** The value of a success, empty for a failure. */
  default Optional<T> toOptional() {
    return this instanceof Success<T> success ? Optional.of(success.value()) : Optional.empty();
  }

  /** The cause of a failure, empty for a success. */
  default Optional<PersistenceException> failure() {
    return this instanceof Failure<T> failure ? Optional.of(failure.cause()) : Optional.empty();
  }

  /** Whether trying this row again can succeed. */
  default boolean requiresRetry() {
    return failure().map(PersistenceException::isTransient).orElse(false);
  }

  /** The value of a success; throws the cause of a failure. */
  default T orElseThrow() {
    if (this instanceof Failure<T> failure) {
      throw failure.cause();
    }
    return ((Success<T>) this).value();
  }

  /** This result with the value of a success replaced. */
  default <R> DataResult<R> map(Function<? super T, ? extends R> change) {
    return this instanceof Failure<T> failure
        ? failure(failure.cause())
        : success(change.apply(((Success<T>) this).value()));
  }
}
