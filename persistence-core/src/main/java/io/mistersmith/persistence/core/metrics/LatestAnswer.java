package io.mistersmith.persistence.core.metrics;

import io.mistersmith.persistence.error.PersistenceException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The latest answer to a question that is asked in the background. While a store does not answer
 * there is none. Thread-safe.
 *
 * @param <T> the answer
 */
final class LatestAnswer<T> implements Supplier<@Nullable T>, Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(LatestAnswer.class);

  private final String what;
  private final Supplier<@Nullable T> question;
  private volatile @Nullable T answer;
  private volatile boolean failing;

  /**
   * An answer that is not known yet.
   *
   * @param what what the question is about
   */
  LatestAnswer(String what, Supplier<@Nullable T> question) {
    this.what = what;
    this.question = question;
  }

  /** Asks. */
  @Override
  public void run() {
    T now = null;
    try {
      now = question.get();
      failing = false;
    } catch (PersistenceException e) {
      if (!failing) { // said once for an outage
        LOG.info(
            "the gauges of {} have no value until the stores answer: {}", what, e.getMessage());
      }
      failing = true;
    } finally {
      answer = now;
    }
  }

  @Override
  public @Nullable T get() {
    return answer;
  }
}
