package io.mistersmith.persistence.core.internal.log;

import io.mistersmith.persistence.core.internal.codec.KeyedCodec;
import io.mistersmith.persistence.core.internal.log.LogReader.Part;
import io.mistersmith.persistence.core.internal.state.repository.CollectedStep;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.state.StateRepository.Watch;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.state.Step;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * A log whose entries are mapped by a codec.
 *
 * @param <T> the type of the entries
 */
final class EntryLog<T> implements Log<T> {

  private final Logs logs;
  private final LogId id;
  private final StateType<T> type;
  private final String name;
  private final KeyedCodec<T> codec;

  EntryLog(Logs logs, AgentId owner, StateType<T> type, String name, KeyedCodec<T> codec) {
    this.logs = logs;
    this.type = type;
    this.name = name;
    this.id = Logs.id(owner, type.name(), name);
    this.codec = codec;
  }

  @Override
  public AgentId owner() {
    return id.owner();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long append(T value, Append options) {
    options.id().ifPresent(this::requireId);
    long version = logs.writer().append(id, codec.encode(id.head(), value), options);
    logs.trimmer().keep(id);
    return version;
  }

  @Override
  public LongSupplier append(Step step, T value, Append options) {
    options.id().ifPresent(this::requireId);
    if (!(step instanceof CollectedStep collected)) {
      throw new IllegalArgumentException("the step is not one of Persistence.step()");
    }
    byte[] document = codec.encode(id.head(), value);
    return collected
        .part(type, id.head(), StepAppends.class, () -> new StepAppends(logs, id))
        .add(document, options);
  }

  private void requireId(String text) {
    boolean ok =
        !text.isEmpty()
            && text.codePointCount(0, text.length()) <= MAX_ID
            && text.chars().noneMatch(c -> c < 0x20)
            && StandardCharsets.UTF_8.newEncoder().canEncode(text);
    if (!ok) {
      throw new NonTransientPersistenceException(
          DataError.INVALID_KEY,
          id
              + ": the id of an entry is not text of 1 to "
              + MAX_ID
              + " characters without control characters");
    }
  }

  @Override
  public long appendAll(List<? extends T> values) {
    return appendAll(values, OptionalLong.empty());
  }

  @Override
  public long appendAll(long expectedVersion, List<? extends T> values) {
    return appendAll(values, OptionalLong.of(expectedVersion));
  }

  private long appendAll(List<? extends T> values, OptionalLong expectedVersion) {
    List<byte[]> documents = new ArrayList<>(values.size());
    values.forEach(value -> documents.add(codec.encode(id.head(), value)));
    if (documents.isEmpty()) {
      return version();
    }
    long version = logs.many().append(id, documents, expectedVersion);
    logs.trimmer().keep(id);
    return version;
  }

  @Override
  public long version() {
    return end().tail().version();
  }

  private Part end() {
    return logs.reader().end(id);
  }

  @Override
  public long size() {
    Part end = end();
    long entries = end.tail().version() - end.head().first() + 1;
    return entries + (end.head().summary().isPresent() ? 1 : 0);
  }

  @Override
  public List<Entry<T>> tail(int limit) {
    requireLimit(limit);
    Part part = logs.reader().last(id, limit);
    long last = part.tail().version();
    return lastOf(part, last - limit + 1, last, limit);
  }

  /** The last entries of those between two versions, oldest first. */
  private List<Entry<T>> lastOf(Part part, long from, long to, int limit) {
    long last = Math.min(to, part.tail().version());
    List<RawEntry> raw = part.between(from, last);
    raw = raw.subList(Math.max(0, raw.size() - limit), raw.size());
    List<Entry<T>> entries = new ArrayList<>(raw.size() + 1);
    boolean reachesFirst = from <= part.head().first() - 1 && last >= part.head().first() - 1;
    if (raw.size() < limit && reachesFirst) {
      summary(part.head()).ifPresent(entries::add);
    }
    raw.forEach(entry -> entries.add(entry(entry)));
    return entries;
  }

  @Override
  public List<Entry<T>> read(long from, int limit) {
    requireLimit(limit);
    long start = Math.max(from, 1);
    Part part = logs.reader().read(id, start, start + limit - 1);
    List<Entry<T>> entries = new ArrayList<>();
    while (start < part.head().first()) {
      start = part.head().first();
      entries.clear();
      summary(part.head()).ifPresent(entries::add);
      part = logs.reader().read(id, start, start + limit - 1);
    }
    for (RawEntry entry : part.between(start, start + limit - entries.size() - 1)) {
      entries.add(entry(entry));
    }
    return entries;
  }

  @Override
  public List<Entry<T>> readBackwards(long from, int limit) {
    requireLimit(limit);
    long end = Math.min(from, from == Long.MAX_VALUE ? version() : from);
    List<Entry<T>> entries =
        lastOf(logs.reader().read(id, end - limit + 1, end), end - limit + 1, end, limit);
    Collections.reverse(entries);
    return entries;
  }

  private static void requireLimit(int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("limit is " + limit + "; give 1 or more");
    }
  }

  private Entry<T> entry(RawEntry raw) {
    T value = codec.decode(id.head(), id.entry(raw.version()), raw.envelope().document());
    return new Entry<>(raw.version(), value, raw.writtenAt(), raw.envelope().id(), false);
  }

  private Optional<Entry<T>> summary(Head head) {
    return head.summary()
        .map(
            json ->
                new Entry<>(
                    head.first() - 1,
                    codec.decode(id.head(), json.getBytes(StandardCharsets.UTF_8)),
                    head.summaryAt().orElse(Instant.EPOCH),
                    Optional.empty(),
                    true));
  }

  @Override
  public Watch watch(long after, Consumer<Entry<T>> listener) {
    return logs.watch(id, after, raw -> listener.accept(entry(raw)));
  }

  @Override
  public void awaitDurable(long version, Duration deadline) {
    Optional<HotEntry> hot = logs.context().reads().get(id.entry(version), ReadFrom.LEADER);
    if (hot.isPresent()) {
      logs.context()
          .commits()
          .await(hot.get().key(), logs.context().revisions().of(hot.get()), deadline);
    } else if (logs.context().rows().read(owner(), id.log(), version, version).isEmpty()) {
      throw new NonTransientPersistenceException(
          DataError.NOT_FOUND, id + ": it has no entry of version " + version);
    }
  }

  @Override
  public long truncate(Limits limits) {
    return logs.trimmer().truncate(id, limits);
  }

  @Override
  public void keep(Limits limits) {
    Head unused = logs.heads().change(id, head -> head.with(limits));
    if (!limits.equals(Limits.NONE)) {
      long unusedFirst = logs.trimmer().truncate(id, limits);
    }
  }

  @Override
  public Limits limits() {
    return logs.heads().read(id).head().limits();
  }

  @Override
  public long compact(long expectedVersion, T summary, int keep) {
    if (keep < 0) {
      throw new IllegalArgumentException("keep is " + keep + "; give 0 or more");
    }
    String json = new String(codec.encode(id.head(), summary), StandardCharsets.UTF_8);
    return logs.trimmer().compact(id, expectedVersion, json, keep);
  }

  @Override
  public Log<T> branch(String newName, long version) {
    EntryLog<T> target = new EntryLog<>(logs, owner(), type, newName, codec);
    logs.copy().copy(id, target.id, version);
    return target;
  }

  @Override
  public Log<T> copy(String newName) {
    return branch(newName, version());
  }

  @Override
  public void delete() {
    long next = version() + 1;
    Head unused = logs.heads().change(id, head -> head.emptied(next));
  }

  @Override
  public String toString() {
    return id.toString();
  }
}
