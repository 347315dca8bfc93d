package io.mistersmith.persistence.conflict;

import io.mistersmith.persistence.crdt.Crdt;
import java.util.function.BinaryOperator;

/**
 * Decides between two versions of an entry. Must be free of side effects and thread-safe, and of
 * the same mind in every process that writes the entry: it may be asked several times for one save.
 *
 * <p>What it throws fails the save; nothing is stored.
 *
 * @param <T> the type of the values
 */
@FunctionalInterface
public interface ConflictResolver<T> {

  /** Decides between the two versions. */
  Resolution<T> resolve(Conflict<T> conflict);

  /** How it decides, for logs and metrics. */
  default ConflictStrategy strategy() {
    return ConflictStrategy.CUSTOM_MERGE;
  }

  /**
   * The version with the later hybrid timestamp stays, a delete being a version; of two with the
   * same time the one whose node has the greater name. The other one is lost, by design.
   */
  static <T> ConflictResolver<T> lastWriteWins() {
    return new LastWriteWins<>();
  }

  /**
   * The version that has seen the other one stays.
   *
   * @param whenConcurrent decides where neither has
   */
  static <T> ConflictResolver<T> vectorClock(ConflictResolver<T> whenConcurrent) {
    return new VectorClockOrder<>(whenConcurrent);
  }

  /**
   * Both values are merged; a value stays as it is against a delete, so that nothing that was added
   * is lost. Delete what is inside, not the entry: an {@link io.mistersmith.persistence.crdt.OrMap}
   * remembers that.
   */
  static <C extends Crdt<C>> ConflictResolver<C> crdtMerge() {
    return new CrdtMerge<>();
  }

  /**
   * {@code merge} makes one value out of the current and the incoming one. Against a delete the
   * later of the two stays.
   */
  static <T> ConflictResolver<T> customMerge(BinaryOperator<T> merge) {
    return new CustomMerge<>(merge);
  }

  /** Fails the save with {@code VERSION_CONFLICT}. */
  static <T> ConflictResolver<T> reject() {
    return new Reject<>();
  }

  /**
   * The decision about a conflict.
   *
   * @param <T> the type of the values
   */
  sealed interface Resolution<T> {

    /** Keeps the stored version; the save returns it. */
    record KeepCurrent<T>() implements Resolution<T> {}

    /** Replaces it by the version to be saved. */
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

  /** How a resolver decides, as a name for logs and metrics. */
  enum ConflictStrategy {
    /** The version with the later hybrid timestamp stays. */
    LAST_WRITE_WINS,
    /** The version that has seen the other stays; versions that have not are handed on. */
    VECTOR_CLOCK,
    /** Both are merged as CRDTs. */
    CRDT_MERGE,
    /** A function of the caller decides. */
    CUSTOM_MERGE,
    /** The writer is notified, and nothing is stored. */
    REJECT
  }
}
