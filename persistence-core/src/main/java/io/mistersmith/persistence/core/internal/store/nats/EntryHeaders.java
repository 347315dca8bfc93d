package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.HybridTimestamp;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.VectorClock;
import io.mistersmith.persistence.security.Actor;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.EntryMetadata.Provenance;
import io.mistersmith.persistence.spi.hot.EntryMetadata.StepPlace;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.nats.client.impl.Headers;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes an entry's operation and metadata as headers of its message, and reads them back. */
final class EntryHeaders {

  static final String OPERATION = "KV-Operation";
  static final String REVISION = "Persistence-Revision";
  static final String EXPIRES = "Persistence-Expires";
  static final String WRITE_ID = "Persistence-Write-Id";
  static final String TIME = "Persistence-Time";
  static final String CLOCK = "Persistence-Clock";
  static final String STEP = "Persistence-Step";
  static final String TRACE = "traceparent";
  static final String ACTOR = "Persistence-Actor";
  static final String CORRELATION = "Persistence-Correlation-Id";
  private static final String BATCH_ID = "Nats-Batch-Id";
  private static final String BATCH_SEQUENCE = "Nats-Batch-Sequence";
  private static final String BATCH_COMMIT = "Nats-Batch-Commit";
  private static final String MARKER_REASON = "Nats-Marker-Reason";
  private static final String EXPECTED_SEQUENCE = "Nats-Expected-Last-Subject-Sequence";
  private static final String TTL = "Nats-TTL";

  private static final Logger log = LoggerFactory.getLogger(EntryHeaders.class);

  private EntryHeaders() {}

  /**
   * The headers of a write; null where it needs none.
   *
   * @param serverExpiresAfter the time to live that the server is to keep, where it can
   */
  static @Nullable Headers write(
      Operation operation,
      EntryMetadata metadata,
      long expectedSequence,
      Optional<Duration> serverExpiresAfter) {
    if (operation == Operation.PUT
        && expectedSequence == HotWrites.ANY
        && metadata.equals(EntryMetadata.NONE)) {
      return null;
    }
    Headers headers = new Headers();
    if (operation == Operation.DELETE) {
      headers.put(OPERATION, "DEL");
    }
    if (expectedSequence != HotWrites.ANY) {
      headers.put(EXPECTED_SEQUENCE, Long.toString(expectedSequence));
    }
    metadata.copyOf().ifPresent(revision -> headers.put(REVISION, revision.toString()));
    metadata
        .expiresAt()
        .ifPresent(time -> headers.put(EXPIRES, Long.toString(time.toEpochMilli())));
    metadata.writeId().ifPresent(id -> headers.put(WRITE_ID, id));
    metadata.provenance().ifPresent(provenance -> write(headers, provenance));
    metadata.step().ifPresent(place -> write(headers, place));
    metadata.trace().ifPresent(trace -> headers.put(TRACE, trace));
    metadata.actor().ifPresent(actor -> write(headers, actor));
    serverExpiresAfter.ifPresent(ttl -> headers.put(TTL, wholeSeconds(ttl) + "s"));
    return headers;
  }

  private static void write(Headers headers, StepPlace place) {
    headers.put(STEP, place.index() + "/" + place.count());
  }

  private static void write(Headers headers, Actor actor) {
    headers.put(ACTOR, actor.name());
    actor.correlationId().ifPresent(id -> headers.put(CORRELATION, id));
  }

  /** A correlation id that this library did not write is left out; so is one without an actor. */
  private static Optional<Actor> actor(Headers headers) {
    return read(headers, ACTOR, Actor::of)
        .map(actor -> read(headers, CORRELATION, actor::withCorrelationId).orElse(actor));
  }

  private static StepPlace step(String text) {
    int slash = text.indexOf('/');
    return new StepPlace(
        Integer.parseInt(text, 0, Math.max(slash, 0), 10),
        Integer.parseInt(text, slash + 1, text.length(), 10));
  }

  /** Adds what tells the server that a message belongs to a batch, which its last one commits. */
  static void addBatch(Headers headers, String id, StepPlace place) {
    headers.put(BATCH_ID, id);
    headers.put(BATCH_SEQUENCE, Integer.toString(place.index()));
    if (place.index() == place.count()) {
      headers.put(BATCH_COMMIT, "1");
    }
  }

  /** A clock that knows its own write alone is what a missing one is read as. */
  private static void write(Headers headers, Provenance provenance) {
    headers.put(TIME, provenance.timestamp().toString());
    if (!provenance.equals(Provenance.of(provenance.timestamp()))) {
      headers.put(CLOCK, provenance.clock().toString());
    }
  }

  private static Optional<Provenance> provenance(Headers headers) {
    return read(headers, TIME, HybridTimestamp::parse)
        .map(
            time ->
                read(headers, CLOCK, VectorClock::parse)
                    .map(clock -> new Provenance(time, clock))
                    .orElseGet(() -> Provenance.of(time)));
  }

  /** At least a second, and never less than asked for. */
  private static long wholeSeconds(Duration ttl) {
    return Math.max(1, ttl.plusNanos(999_999_999).toSeconds());
  }

  static Operation operation(@Nullable Headers headers) {
    if (headers == null) {
      return Operation.PUT;
    }
    String operation = headers.getLast(OPERATION);
    boolean put = operation == null ? !headers.containsKey(MARKER_REASON) : operation.equals("PUT");
    return put ? Operation.PUT : Operation.DELETE;
  }

  static EntryMetadata metadata(@Nullable Headers headers) {
    if (headers == null) {
      return EntryMetadata.NONE;
    }
    Optional<Revision> copyOf = read(headers, REVISION, Revision::parse);
    Optional<Instant> expiresAt =
        read(headers, EXPIRES, text -> Instant.ofEpochMilli(Long.parseLong(text)));
    Optional<String> writeId = Optional.ofNullable(headers.getLast(WRITE_ID));
    Optional<StepPlace> step =
        writeId.isEmpty() ? Optional.empty() : read(headers, STEP, EntryHeaders::step);
    return new EntryMetadata(
        copyOf,
        expiresAt,
        writeId,
        provenance(headers),
        step,
        Optional.ofNullable(headers.getLast(TRACE)),
        actor(headers));
  }

  private static <T> Optional<T> read(Headers headers, String name, Function<String, T> parse) {
    String text = headers.getLast(name);
    if (text == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(parse.apply(text));
    } catch (IllegalArgumentException | PersistenceException e) {
      log.warn(
          "An entry has a {} header that this library did not write; it is read as if it had none",
          name);
      return Optional.empty();
    }
  }
}
