package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.OtherInstallationException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.StreamPlan.Retention;
import io.mistersmith.persistence.stream.Streams.Changes;
import io.mistersmith.persistence.stream.Streams.Published;
import io.mistersmith.persistence.stream.Streams.Running;
import io.mistersmith.persistence.stream.Streams.RunningConsumer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** The streams in memory, as one runtime sees them. */
final class MemoryStreamStore implements StreamStore {

  private static final byte[] NOTHING = {};

  private final MessageStreams streams;
  private final Connection connection;
  private final String prefix;

  MemoryStreamStore(MessageStreams streams, Connection connection, String prefix) {
    this.streams = streams;
    this.connection = connection;
    this.prefix = prefix;
  }

  @Override
  public StreamStore withPrefix(String namePrefix) {
    return new MemoryStreamStore(streams, connection, namePrefix);
  }

  MessageStreams streams() {
    return streams;
  }

  Instant now() {
    return connection.now();
  }

  void checkHot() {
    connection.checkHot();
  }

  boolean isHot() {
    try {
      connection.checkHot();
      return true;
    } catch (PersistenceException e) {
      return false;
    }
  }

  <T> T call(Supplier<T> work) {
    return streams.with(
        () -> {
          connection.checkHot();
          return work.get();
        });
  }

  private Optional<MessageStream> own(String name) {
    Optional<MessageStream> found = Optional.ofNullable(streams.all().get(prefix + name));
    found
        .map(MessageStream::installation)
        .filter(theirs -> !theirs.equals(connection.installation()))
        .ifPresent(
            theirs -> {
              throw OtherInstallationException.ofStream(
                  prefix + name, theirs, connection.installation());
            });
    found.ifPresent(stream -> stream.expire(now()));
    return found;
  }

  MessageStream required(String name) {
    return own(name)
        .orElseThrow(
            () ->
                new NonTransientPersistenceException(
                    DataError.NOT_FOUND,
                    "stream " + prefix + name + " does not exist; apply its plan"));
  }

  MessageConsumer requiredConsumer(MessageStream stream, String name) {
    MessageConsumer consumer = stream.consumers().get(name);
    if (consumer == null) {
      throw new NonTransientPersistenceException(
          DataError.NOT_FOUND,
          "consumer "
              + name
              + " of stream "
              + prefix
              + stream.plan().name()
              + " does not exist; apply its plan");
    }
    return consumer;
  }

  @Override
  public Changes compare(StreamPlan plan) {
    return call(
        () ->
            own(plan.name())
                .map(present -> new Changes(true, PlanChanges.of(present.plan(), plan)))
                .orElseGet(() -> new Changes(false, List.of())));
  }

  @Override
  public Changes apply(StreamPlan plan) {
    return call(
        () -> {
          Optional<MessageStream> present = own(plan.name());
          Changes changes = compare(plan);
          streams.all().values().stream()
              .filter(other -> present.filter(other::equals).isEmpty())
              .filter(other -> overlap(other.plan(), plan))
              .findFirst()
              .ifPresent(
                  other -> {
                    throw refused(plan, "its subjects overlap those of " + other.plan().name());
                  });
          present.ifPresentOrElse(
              stream -> {
                PlanChanges.requirePossible(stream.plan(), plan)
                    .ifPresent(
                        why -> {
                          throw refused(plan, why);
                        });
                stream.change(plan, now());
              },
              () ->
                  streams
                      .all()
                      .put(
                          prefix + plan.name(),
                          new MessageStream(plan, connection.installation(), now())));
          return changes;
        });
  }

  /** The streams of one prefix share subjects; the prefix is no part of what is kept here. */
  private boolean overlap(StreamPlan one, StreamPlan other) {
    return streams.all().containsKey(prefix + one.name())
        && one.subjects().stream()
            .anyMatch(
                subject ->
                    other.subjects().stream()
                        .anyMatch(more -> SubjectFilter.overlap(subject, more)));
  }

  private NonTransientPersistenceException refused(StreamPlan plan, String why) {
    return new NonTransientPersistenceException(
        DataError.MISCONFIGURED,
        "stream " + prefix + plan.name() + " cannot be created or changed as planned: " + why);
  }

  @Override
  public Changes compare(ConsumerPlan plan) {
    return call(
        () ->
            Optional.ofNullable(required(plan.stream()).consumers().get(name(plan)))
                .map(present -> new Changes(true, PlanChanges.of(present.plan(), plan)))
                .orElseGet(() -> new Changes(false, List.of())));
  }

  @Override
  public Changes apply(ConsumerPlan plan) {
    return call(
        () -> {
          Changes changes = compare(plan);
          MessageStream stream = required(plan.stream());
          if (changes.exists()) {
            requiredConsumer(stream, name(plan)).change(plan);
          } else {
            requireOnlyOne(stream, plan);
            stream.consumers().put(name(plan), new MessageConsumer(stream, plan));
          }
          return changes;
        });
  }

  private static void requireOnlyOne(MessageStream stream, ConsumerPlan plan) {
    if (stream.plan().retention() == Retention.WORK_QUEUE
        && stream.consumers().values().stream()
            .anyMatch(
                other ->
                    SubjectFilter.overlap(
                        other.plan().filter().orElse(">"), plan.filter().orElse(">")))) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          plan + ": a work queue has one consumer for each subject, and there is another one");
    }
  }

  private static String name(ConsumerPlan plan) {
    return plan.name()
        .orElseThrow(
            () ->
                new IllegalArgumentException(plan + " is ephemeral; consume it without applying"));
  }

  @Override
  public Optional<Running> find(String stream) {
    return call(() -> own(stream).map(found -> found.running(now())));
  }

  @Override
  public Optional<RunningConsumer> findConsumer(String stream, String consumer) {
    return call(
        () ->
            Optional.ofNullable(required(stream).consumers().get(consumer))
                .map(MessageConsumer::running));
  }

  @Override
  public boolean deleteStream(String stream) {
    return call(() -> own(stream).map(found -> streams.all().remove(prefix + stream)).isPresent());
  }

  @Override
  public boolean deleteConsumer(String stream, String consumer) {
    return call(() -> required(stream).consumers().remove(consumer) != null);
  }

  @Override
  public int maxPayload() {
    return MessageStream.maxPayload();
  }

  @Override
  public CompletableFuture<Published> publish(Outgoing message) {
    return MemoryBucket.completed(
        () ->
            call(
                () -> {
                  MessageStream stream = required(message.stream());
                  if (!stream.takes(message.subject())) {
                    throw new NonTransientPersistenceException(
                        DataError.NOT_FOUND,
                        "stream "
                            + prefix
                            + message.stream()
                            + " does not take the subject "
                            + message.subject());
                  }
                  return stream.publish(message, now());
                }));
  }

  @Override
  public Optional<Stored> lastBySubject(String stream, String subject) {
    return call(
        () ->
            required(stream).log().descendingMap().values().stream()
                .filter(message -> message.subject().equals(subject))
                .findFirst());
  }

  @Override
  public List<Stored> page(
      String stream, Optional<String> filter, long afterSequence, int max, Content content) {
    return call(
        () ->
            required(stream).log().tailMap(afterSequence, false).values().stream()
                .filter(
                    message ->
                        filter
                            .map(wanted -> SubjectFilter.matches(wanted, message.subject()))
                            .orElse(true))
                .limit(max)
                .map(message -> content == Content.ALL ? message : withoutBody(message))
                .toList());
  }

  private static Stored withoutBody(Stored message) {
    return new Stored(
        message.subject(),
        message.sequence(),
        message.time(),
        message.id(),
        message.headers(),
        NOTHING);
  }

  @Override
  public boolean remove(String stream, long sequence) {
    return call(() -> required(stream).remove(sequence));
  }

  @Override
  public Fetcher fetcher(ConsumerPlan plan) {
    return new MemoryFetcher(this, plan);
  }
}
