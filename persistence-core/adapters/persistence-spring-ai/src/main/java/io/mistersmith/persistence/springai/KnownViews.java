package io.mistersmith.persistence.springai;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The latest views of conversations that this process has seen: as many as fit. Thread-safe. */
final class KnownViews {

  private final int most;
  private final long trustedNanos;

  /** The longest unused first. */
  private final Map<String, Known> views = new LinkedHashMap<>(16, 0.75f, true);

  /** A view, and when it was the latest by {@link System#nanoTime}. */
  private record Known(View view, long sinceNanos) {}

  /**
   * @param most how many conversations
   * @param trusted how long a view is taken for the latest
   */
  KnownViews(int most, Duration trusted) {
    this.most = most;
    this.trustedNanos = trusted.toNanos();
  }

  /** Returns the view; an empty one when none is known. */
  synchronized View get(String conversation) {
    Known known = views.get(conversation);
    return known == null ? View.EMPTY : known.view;
  }

  /** Returns the view if it was the latest not long ago. */
  synchronized Optional<View> latest(String conversation) {
    Known known = views.get(conversation);
    return known == null || System.nanoTime() - known.sinceNanos >= trustedNanos
        ? Optional.empty()
        : Optional.of(known.view);
  }

  /** Notes a view that was the latest at this time, unless a later one is known. */
  synchronized void note(String conversation, View view, long sinceNanos) {
    Known before = views.get(conversation);
    if (most > 0 && (before == null || before.view.version() <= view.version())) {
      views.put(conversation, new Known(view, sinceNanos));
    }
    if (views.size() > most) {
      views.remove(views.keySet().iterator().next());
    }
  }

  synchronized void forget(String conversation) {
    views.remove(conversation);
  }
}
