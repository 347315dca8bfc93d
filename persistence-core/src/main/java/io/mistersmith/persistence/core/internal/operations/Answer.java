package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.core.internal.base.Ticker;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * What a server answered, and how long it took.
 *
 * @param value the answer
 * @param latency the shorter time of one or two questions
 */
record Answer<T>(T value, Duration latency) {

  /**
   * Asks, and once more when the answer takes longer than {@code slow}: the first question may have
   * opened a connection.
   */
  static <T> Answer<T> of(Ticker ticker, Duration slow, Supplier<T> question) {
    Answer<T> first = ask(ticker, question);
    if (first.latency.compareTo(slow) <= 0) {
      return first;
    }
    Answer<T> second = ask(ticker, question);
    return second.latency.compareTo(first.latency) < 0 ? second : first;
  }

  private static <T> Answer<T> ask(Ticker ticker, Supplier<T> question) {
    long asked = ticker.nanos();
    T value = question.get();
    return new Answer<>(value, Duration.ofNanos(ticker.nanos() - asked));
  }

  /** Returns the latency in milliseconds, as text. */
  static String millis(Duration duration) {
    return String.format(Locale.ROOT, "%.1f ms", duration.toNanos() / 1e6);
  }
}
