package io.mistersmith.persistence.stream;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Delivers messages to a handler, a bounded number at a time. Close it before its {@link
 * io.mistersmith.persistence.Persistence}. Thread-safe.
 *
 * <p>A message is acknowledged when its handler returns. While the handler runs, the library renews
 * the time for it, and the server does not deliver the message again. When the handler throws, the
 * message is delivered again after {@link ConsumerPlan#backOff()}, to any process that consumes;
 * after {@link ConsumerPlan#maxDeliver()} deliveries it becomes a dead letter. A message can be
 * delivered twice: when a process is killed, or an acknowledgement is lost. {@link
 * io.mistersmith.persistence.transaction.Transaction#firstTime} lets a handler work once.
 */
public interface StreamConsumer extends AutoCloseable {

  /**
   * Handles messages.
   *
   * @param <T> the type of their values
   */
  @FunctionalInterface
  interface Handler<T> {

    /**
     * Handles a message. What it throws is a failed attempt. It is called by several threads at a
     * time unless the options say 1.
     */
    void handle(StreamMessage<T> message) throws Exception;
  }

  /**
   * How a consumer works.
   *
   * @param concurrency how many messages it handles at a time
   * @param ordered whether messages of one subject are handled one after the other, in the order of
   *     the stream: while one waits for its next attempt, later ones of its subject wait too. Only
   *     one process at a time handles messages then; another one takes over when it ends
   * @param hopeless exceptions of the handler that make the message a dead letter at once
   */
  record Options(int concurrency, boolean ordered, List<Class<? extends Exception>> hopeless) {

    /** Checks the values. */
    public Options {
      Rules.atLeast("concurrency", 1, concurrency);
      hopeless = List.copyOf(hopeless);
    }

    /** Returns options for so many messages at a time, in any order. */
    public static Options of(int concurrency) {
      return new Options(concurrency, false, List.of());
    }

    /** Returns a copy that keeps the order of each subject. */
    public Options inOrder() {
      return new Options(concurrency, true, hopeless);
    }

    /** Returns a copy where this exception, too, makes a message a dead letter at once. */
    public Options hopelessAfter(Class<? extends Exception> exception) {
      List<Class<? extends Exception>> more = new ArrayList<>(hopeless);
      more.add(exception);
      return new Options(concurrency, ordered, more);
    }
  }

  /** Returns how many messages it handles at present. */
  int running();

  /**
   * Fetches no more messages, gives back those that no handler has begun, and waits for the others.
   * When the time is over it interrupts them; they are delivered again.
   *
   * @return how many handlers were still running when the time was over
   */
  int close(Duration patience);

  /** {@link #close(Duration)} with 30 seconds. */
  @Override
  default void close() {
    int unused = close(Duration.ofSeconds(30));
  }
}
