package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalEntry.Unreadable;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange.Start;
import io.mistersmith.persistence.spi.hot.Operation;
import io.nats.client.Message;
import io.nats.client.impl.Headers;
import io.nats.client.impl.NatsJetStreamMetaData;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/** Reads a bucket's stream, one message after another. */
final class NatsJournalReader implements JournalReader {

  private static final String UNREADABLE =
      "its headers are no NATS headers, or name an operation that KV does not have";

  private final PullSubscription messages;
  private final boolean allShards;
  private final int prefixLength;
  private final String prefix;
  private final long firstSequence;
  private final String pathPrefix;
  private long position;

  private NatsJournalReader(
      PullSubscription messages, JournalConsumer consumer, long firstSequence, String pathPrefix) {
    this.messages = messages;
    this.allShards = consumer.allShards();
    this.prefix = consumer.stream().subjectPrefix();
    this.prefixLength = prefix.length();
    this.firstSequence = firstSequence;
    this.position = Math.max(0, firstSequence - 1);
    this.pathPrefix = pathPrefix;
  }

  static NatsJournalReader open(NatsLink link, BucketStream stream, JournalRange range) {
    JournalConsumer consumer = JournalConsumer.over(link, stream, range);
    return new NatsJournalReader(
        new PullSubscription(consumer.pulled()),
        consumer,
        range.start() instanceof Start.AtSequence at ? at.sequence() : 0,
        range.prefix());
  }

  /** Reads what there is to read now. */
  static NatsJournalReader toEnd(JournalConsumer consumer) {
    return new NatsJournalReader(PullSubscription.toEnd(consumer.pulled()), consumer, 0, "");
  }

  /**
   * The next message; empty at the end of a reader that has one.
   *
   * @throws io.mistersmith.persistence.error.TransientPersistenceException when neither comes
   *     before the deadline, which is a value of {@link System#nanoTime()}
   */
  Optional<JournalEntry> nextBefore(long deadline) {
    Optional<JournalEntry> entry =
        next(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
    if (entry.isEmpty()) {
      messages.requireEnd();
    }
    return entry;
  }

  @Override
  public Optional<JournalEntry> next(Duration wait) {
    long deadline = System.nanoTime() + wait.toNanos();
    Duration left = wait;
    while (true) {
      Message message = messages.next(left);
      if (message == null) {
        return Optional.empty();
      }
      JournalEntry entry = entry(message);
      position = Math.max(position, entry.sequence());
      if (entry.sequence() >= firstSequence && isWanted(entry)) {
        return Optional.of(entry);
      }
      left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    }
  }

  /** The server's filter ends at a token, so it passes keys that only begin alike. */
  private boolean isWanted(JournalEntry entry) {
    return pathPrefix.isEmpty()
        || entry.key().map(key -> key.path().startsWith(pathPrefix)).orElse(false);
  }

  private JournalEntry entry(Message message) {
    NatsJetStreamMetaData place = message.metaData();
    Headers headers = message.getHeaders();
    String subject = text(message.getSubject());
    byte[] foreign = ForeignMessage.unreadableHeaders(headers);
    Operation operation = foreign == null ? EntryHeaders.operation(headers) : Operation.PUT;
    EntryMetadata metadata = foreign == null ? EntryHeaders.metadata(headers) : EntryMetadata.NONE;
    return new JournalEntry(
        subject,
        subject.startsWith(prefix)
            ? KeyEncoding.decode(subject.substring(prefixLength))
            : Optional.empty(),
        place.streamSequence(),
        place.timestamp().toInstant(),
        operation,
        operation == Operation.DELETE ? Entries.NO_VALUE : message.getData(),
        metadata,
        place.pendingCount(),
        foreign == null ? Optional.empty() : Optional.of(new Unreadable(UNREADABLE, foreign)));
  }

  /** jnats makes a character of each byte of a subject; those of other programs can be UTF-8. */
  static String text(String subject) {
    for (int i = 0; i < subject.length(); i++) {
      if (subject.charAt(i) > 127) {
        byte[] bytes = new byte[subject.length()];
        for (int at = 0; at < bytes.length; at++) {
          bytes[at] = (byte) subject.charAt(at);
        }
        return new String(bytes, StandardCharsets.UTF_8);
      }
    }
    return subject;
  }

  @Override
  public long position() {
    position = Math.max(position, messages.lookedThrough());
    return position;
  }

  @Override
  public boolean readsAllShards() {
    return allShards;
  }

  @Override
  public void close() {
    messages.close();
  }
}
