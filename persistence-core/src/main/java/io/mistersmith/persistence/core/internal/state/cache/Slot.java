package io.mistersmith.persistence.core.internal.state.cache;

import io.mistersmith.persistence.model.Revision;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The cached state of one key: an entry, or that there is none. Thread-safe.
 *
 * @param <E> the type of the entries
 */
public final class Slot<E extends Cacheable> {

  /** For {@code endsAt}: never. */
  static final long NEVER = Long.MAX_VALUE;

  /** For {@code lookAgainAt}: at each hit. */
  private static final long ALWAYS = Long.MIN_VALUE;

  /** A hit is reported as a use of its owner once in so many milliseconds. */
  private static final long USE_MILLIS = 1_000;

  private static final VarHandle MAKER = makerHandle();

  private final @Nullable E entry;
  private final Coverage coverage;
  private final long freshUntil;
  private final long endsAt;

  @SuppressWarnings("unused") // by its handle: a thread that sees it sees the product, too
  private @Nullable Object maker;

  private @Nullable Object product;
  private long usedAt;
  private long lookAgainAt;

  Slot(@Nullable E entry, Coverage coverage, long now, long freshUntil, long endsAt) {
    this.entry = entry;
    this.coverage = coverage;
    this.freshUntil = freshUntil;
    this.endsAt = endsAt;
    this.usedAt = now;
    this.lookAgainAt = lookAgainAt(now);
  }

  /** The entry; empty when it is known that there is none. */
  public Optional<E> entry() {
    return Optional.ofNullable(entry);
  }

  /** Whether it is known that there is no entry. */
  public boolean isNegative() {
    return entry == null;
  }

  /**
   * Returns the object that this maker, or an equal one, passed to {@link #keep}; null when there
   * is none.
   */
  public @Nullable Object made(Object by) {
    Object first = MAKER.getAcquire(this);
    return first == by || (first != null && first.equals(by)) ? product : null;
  }

  /** Keeps an immutable object that a maker derived from the entry; only the first one is kept. */
  public synchronized void keep(Object by, Object what) {
    if (MAKER.get(this) == null) {
      product = what;
      MAKER.setRelease(this, by);
    }
  }

  /** Whether it can be answered without a closer look at this time. */
  boolean isSurelyValid(long now) {
    return !coverage.isOver() && now < lookAgainAt;
  }

  /** Whether it can be answered at this time. */
  boolean isValid(long now, CoarseClock clock) {
    return !coverage.isOver()
        && now < freshUntil
        && (endsAt == NEVER || clock.timeOfDay() < endsAt);
  }

  /** Notes a use; whether the last one that was noted lies a second back, or more. */
  boolean isUsedAgain(long now) {
    if (now - usedAt < USE_MILLIS) {
      return false;
    }
    usedAt = now;
    lookAgainAt = lookAgainAt(now);
    return true;
  }

  private long lookAgainAt(long now) {
    return endsAt == NEVER ? Math.min(freshUntil, now + USE_MILLIS) : ALWAYS;
  }

  /** Whether a write of this revision replaces it. */
  boolean isBefore(Revision revision) {
    return entry == null || revision.isAfter(entry.revision());
  }

  Optional<Revision> revision() {
    return entry == null ? Optional.empty() : Optional.of(entry.revision());
  }

  int bytes() {
    return entry == null ? 0 : entry.bytes();
  }

  private static VarHandle makerHandle() {
    try {
      return MethodHandles.lookup().findVarHandle(Slot.class, "maker", Object.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }
}
