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

  /** What becomes of these two. */
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
}
