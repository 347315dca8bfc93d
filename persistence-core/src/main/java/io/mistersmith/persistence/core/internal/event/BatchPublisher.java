package io.mistersmith.persistence.core.internal.event;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.Failures;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.hot.StreamStore.Outgoing;
import io.mistersmith.persistence.spi.sql.OutboxChange;
import io.mistersmith.persistence.stream.Streams.Published;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes the changes of one batch: many at a time, and those of one key one after the other. A
 * change is sent when the one before it of its key is acknowledged, so that a lost message never
 * lets a later one of its key overtake it. After the first failure nothing more is sent. For one
 * thread.
 */
final class BatchPublisher {

  private static final Logger LOG = LoggerFactory.getLogger(BatchPublisher.class);

  /** No publish lasts as long: the store ends each by its own timeout. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final FeedStreams streams;
  private final long batch;
  private final StoredIds stored;
  private final BooleanSupplier mayPublish;
  private final Runnable goOn;
  private final Map<String, Deque<OutboxChange>> unfinished = new HashMap<>();
  private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
  private final Map<String, Long> sequences;
  private int waiting;
  private int underWay;
  private int changes;
  private int skipped;
  private int references;
  private @Nullable RuntimeException failure;

  /** What became of a message. */
  private record Answer(
      OutboxChange change,
      String key,
      boolean isReference,
      @Nullable Published published,
      @Nullable Throwable failure) {}

  /**
   * A publisher of a batch.
   *
   * @param sequences of each stream, the last sequence of a message of the batches before
   * @param stored what of the batch is in the streams already
   * @param mayPublish whether this runtime is still the one that publishes; asked for each message
   * @param goOn is called now and then; what it throws ends the batch
   */
  BatchPublisher(
      FeedStreams streams,
      long batch,
      Map<String, Long> sequences,
      StoredIds stored,
      BooleanSupplier mayPublish,
      Runnable goOn) {
    this.streams = streams;
    this.batch = batch;
    this.stored = stored;
    this.mayPublish = mayPublish;
    this.goOn = goOn;
    this.sequences = new HashMap<>(sequences);
    stored.sequences().forEach((stream, last) -> this.sequences.merge(stream, last, Math::max));
  }

  /**
   * Publishes more changes, in the order of their ids. Returns when at most {@code left} of all are
   * not acknowledged yet.
   */
  void publish(List<OutboxChange> more, int left) {
    for (OutboxChange change : more) {
      changes++;
      if (stored.count() > 0 && stored.contains(ChangeMessages.id(change))) {
        skipped++;
      } else if (change.kind().isTruncation()) {
        await(0);
        add(change);
        await(0);
      } else {
        add(change);
        takeAnswers();
      }
    }
    await(left);
  }

  /** Waits for all acknowledgements. */
  void finish() {
    await(0);
  }

  /**
   * Sends nothing more, and waits for what is under way: the next attempt looks for it in the
   * streams.
   */
  void abandon(RuntimeException why) {
    failed(why);
    try {
      await(0);
    } catch (RuntimeException e) {
      LOG.debug("batch {} of changes was abandoned", batch, e);
    }
  }

  private void add(OutboxChange change) {
    String key = change.orderKey();
    Deque<OutboxChange> ofKey = unfinished.computeIfAbsent(key, name -> new ArrayDeque<>(2));
    ofKey.add(change);
    waiting++;
    if (ofKey.size() == 1) {
      send(change, key, false);
    }
  }

  private void send(OutboxChange change, String key, boolean asReference) {
    if (failure != null) {
      return;
    }
    if (!mayPublish.getAsBoolean()) {
      failed(new LeaseLostException());
      return;
    }
    boolean isReference = asReference || change.payload().isEmpty();
    Outgoing message =
        asReference
            ? ChangeMessages.reference(change, batch)
            : ChangeMessages.message(change, batch);
    try {
      underWay++;
      var unused =
          streams
              .publish(change, message)
              .whenComplete(
                  (published, thrown) ->
                      answers.add(new Answer(change, key, isReference, published, thrown)));
    } catch (PersistenceException e) {
      underWay--;
      failed(e);
    }
  }

  private void goOn() {
    try {
      goOn.run();
    } catch (RuntimeException e) {
      failed(e);
    }
  }

  private void takeAnswers() {
    for (Answer answer = answers.poll(); answer != null; answer = answers.poll()) {
      take(answer);
    }
  }

  private void await(int left) {
    Deadline deadline = Deadline.after(PATIENCE);
    while (failure == null ? waiting > left : underWay > 0) {
      try {
        Answer answer = answers.poll(1, TimeUnit.SECONDS);
        goOn();
        if (answer != null) {
          take(answer);
          deadline = Deadline.after(PATIENCE);
        } else if (deadline.hasPassed()) {
          throw new TransientPersistenceException(
              DataError.TIMEOUT,
              "batch " + batch + " of changes: " + waiting + " are not acknowledged");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new TransientPersistenceException(
            DataError.CONNECTION_FAILED, "batch " + batch + " of changes: interrupted", e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private void take(Answer answer) {
    underWay--;
    Published published = answer.published();
    if (published == null) {
      retryOrFail(answer);
      return;
    }
    references += answer.isReference() ? 1 : 0;
    sequences.merge(streams.name(answer.change()), published.sequence(), Math::max);
    Deque<OutboxChange> ofKey = unfinished.get(answer.key());
    if (ofKey == null) {
      throw new IllegalStateException("an answer of a key that is finished");
    }
    ofKey.remove();
    waiting--;
    OutboxChange next = ofKey.peek();
    if (next == null) {
      unfinished.remove(answer.key());
    } else {
      send(next, answer.key(), false);
    }
  }

  private void retryOrFail(Answer answer) {
    Throwable thrown =
        answer.failure() == null
            ? new IllegalStateException("neither an answer nor a failure")
            : Failures.cause(answer.failure());
    if (thrown instanceof PersistenceException typed
        && typed.error() == DataError.VALUE_TOO_LARGE
        && !answer.isReference()) {
      send(answer.change(), answer.key(), true);
    } else {
      failed(thrown instanceof RuntimeException known ? known : new IllegalStateException(thrown));
    }
  }

  private void failed(RuntimeException thrown) {
    if (failure == null) {
      failure = thrown; // those of the other messages under way have the same cause
    }
  }

  /** Returns the last sequence of each stream. */
  Map<String, Long> sequences() {
    return sequences;
  }

  int changes() {
    return changes;
  }

  int skipped() {
    return skipped;
  }

  int references() {
    return references;
  }
}
