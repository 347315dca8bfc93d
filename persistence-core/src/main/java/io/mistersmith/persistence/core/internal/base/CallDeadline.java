package io.mistersmith.persistence.core.internal.base;

import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The time that is left of a call when it is repeated, for the store that waits for a server. A
 * call that runs for the first time has none, and takes the store's own limit.
 */
public final class CallDeadline {

  private static final ThreadLocal<@Nullable Deadline> CURRENT = new ThreadLocal<>();

  private CallDeadline() {}

  /** Runs {@code call} on this thread, with so much time for what it waits for. */
  public static <T> T within(Duration left, Supplier<T> call) {
    Deadline outer = CURRENT.get();
    CURRENT.set(Deadline.after(left));
    try {
      return call.get();
    } finally {
      if (outer == null) {
        CURRENT.remove();
      } else {
        CURRENT.set(outer);
      }
    }
  }

  /** Returns {@code most}, or less if less is left of the call on this thread. */
  public static Duration left(Duration most) {
    Deadline deadline = CURRENT.get();
    return deadline == null ? most : deadline.left(most);
  }
}
