package io.mistersmith.persistence.core.internal.state.repository;

import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.core.internal.base.Window;
import io.mistersmith.persistence.core.internal.state.conflict.ResolvingWriter;
import io.mistersmith.persistence.core.internal.state.conflict.Write;
import io.mistersmith.persistence.core.internal.state.conflict.Written;
import io.mistersmith.persistence.core.internal.state.flush.Commits;
import io.mistersmith.persistence.core.internal.state.tier.Entry;
import io.mistersmith.persistence.core.internal.state.tier.Lifetimes;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.VectorClock;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import io.mistersmith.persistence.state.SaveOptions.Expected;
import io.mistersmith.persistence.state.StateQuery;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateRepository.StateChangeEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Entries whose conflicts are resolved. It reads as any repository does; each write looks first.
 *
 * @param <T> the type of the entries
 */
public final class ResolvingStateRepository<T> implements StateRepository<T> {

  private final JsonStateRepository<T> plain;
  private final KeySpace space;
  private final ResolvingWriter<T> writer;
  private final Optional<Duration> timeToLive;
  private final Commits commits;
  private final Lifetimes lifetimes;
  private final InOrder<StateKey> inOrder;
  private final Window window;

  /**
   * Reads through {@code plain} and writes through {@code writer}.
   *
   * @param space the keys of the type
   * @param timeToLive what saves have whose options have none
   * @param lifetimes when the entries end
   * @param inOrder runs the asynchronous writes; one for all repositories of the store
   * @param window bounds those that wait for their turn, with their values
   */
  public ResolvingStateRepository(
      JsonStateRepository<T> plain,
      KeySpace space,
      ResolvingWriter<T> writer,
      Optional<Duration> timeToLive,
      Commits commits,
      Lifetimes lifetimes,
      InOrder<StateKey> inOrder,
      Window window) {
    this.plain = plain;
    this.space = space;
    this.writer = writer;
    this.timeToLive = timeToLive;
    this.commits = commits;
    this.lifetimes = lifetimes;
    this.inOrder = inOrder;
    this.window = window;
  }

  @Override
  public Versioned<T> save(StateKey key, T value, SaveOptions options) {
    return save(toSave(key, value, options), options);
  }

  @SuppressWarnings("NullAway") // the check is for callers without null analysis
  private static <T> T notNull(StateKey key, T value) {
    if (value == null) {
      throw new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR,
          "key " + key + ": the value is null; delete the key instead");
    }
    return value;
  }

  private Write<T> toSave(StateKey named, T value, SaveOptions options) {
    T given = notNull(named, value);
    StateKey key = space.own(named);
    checkKind(named, options.expected());
    options.basis().ifPresent(basis -> Entry.ownRevision(named, basis));
    Optional<Duration> own = options.timeToLive();
    Optional<Instant> expiresAt = lifetimes.after(own.isPresent() ? own : timeToLive);
    VectorClock seen = options.seen();
    return new Write<>(
        key,
        Optional.of(given),
        options.expected(),
        options.basis(),
        seen,
        writer.timeAfter(seen),
        expiresAt);
  }

  private static void checkKind(StateKey named, Expected expected) {
    if (expected instanceof Expected.At at) {
      Revision.OfJournal unused = Entry.ownRevision(named, at.revision());
    }
  }

  private Write<T> toDelete(StateKey named, Expected expected) {
    checkKind(named, expected);
    VectorClock nothing = VectorClock.empty();
    return new Write<>(
        space.own(named),
        Optional.empty(),
        expected,
        Optional.empty(),
        nothing,
        writer.timeAfter(nothing),
        Optional.empty());
  }

  private Versioned<T> save(Write<T> write, SaveOptions options) {
    StateKey key = write.key();
    if (options.durability() == Durability.SQL_COMMITTED) {
      commits.checkPossible(key);
    }
    Written<T> written = write(write);
    if (options.durability() == Durability.SQL_COMMITTED) {
      writer.commits().await(key, written.revision());
    }
    return versioned(key, written);
  }

  private Written<T> write(Write<T> write) {
    return writer.write(write);
  }

  private static <T> Versioned<T> versioned(StateKey key, Written<T> written) {
    T value =
        written
            .value()
            .orElseThrow(
                () -> new IllegalStateException("key " + key + ": a save left no value behind"));
    return new Versioned<>(
        value,
        written.revision(),
        written.writtenAt(),
        StorageLayer.DISTRIBUTED_KV,
        written.expiresAt(),
        written.clock());
  }

  @Override
  public Versioned<T> update(StateKey named, UnaryOperator<T> change) {
    StateKey key = space.own(named);
    return Conflicts.retry(
        () ->
            rewrite(
                key,
                plain.present(key).orElseThrow(() -> JsonStateRepository.nothingToUpdate(key)),
                change));
  }

  @Override
  public Versioned<T> update(
      StateKey named, T initial, UnaryOperator<T> change, Duration deadline) {
    StateKey key = space.own(named);
    return Conflicts.retry(
        deadline,
        () -> {
          Optional<JsonStateRepository.Present<T>> present = plain.present(key);
          if (present.isPresent()) {
            return Conflicts.rewriting(() -> rewrite(key, present.get(), change));
          }
          T value = change.apply(initial);
          return Conflicts.creating(() -> save(key, value, SaveOptions.ifAbsent()));
        });
  }

  private Versioned<T> rewrite(
      StateKey key, JsonStateRepository.Present<T> present, UnaryOperator<T> change) {
    Versioned<T> current = present.version();
    SaveOptions options = SaveOptions.at(current.revision()).basedOn(current);
    return versioned(
        key,
        write(
            new Write<>(
                key,
                Optional.of(notNull(key, change.apply(current.value()))),
                options.expected(),
                options.basis(),
                options.seen(),
                writer.timeAfter(options.seen()),
                present.ownEnd())));
  }

  @Override
  public void delete(StateKey key) {
    Written<T> unused = write(toDelete(key, new Expected.Anything()));
  }

  @Override
  public void delete(StateKey key, Revision expected) {
    Written<T> unused = write(toDelete(key, new Expected.At(expected)));
  }

  @Override
  public Map<StateKey, DataResult<Versioned<T>>> saveAll(Map<StateKey, T> values) {
    return Rows.join(values, (key, value) -> saveAsync(key, value, SaveOptions.unconditional()));
  }

  @Override
  public Map<StateKey, DataResult<Optional<Revision>>> deleteAll(Collection<StateKey> unwanted) {
    return Rows.join(
        unwanted,
        key ->
            start(
                toDelete(key, new Expected.Anything()),
                write -> Optional.of(write(write).revision())));
  }

  @Override
  public CompletableFuture<Versioned<T>> saveAsync(StateKey key, T value, SaveOptions options) {
    return Rows.start(() -> start(toSave(key, value, options), write -> save(write, options)));
  }

  @Override
  public CompletableFuture<Void> deleteAsync(StateKey key) {
    return Rows.start(
        () -> start(toDelete(key, new Expected.Anything()), this::write).thenAccept(written -> {}));
  }

  /** The write has its time already: of two the one that was asked for last is the later one. */
  @SuppressWarnings("FutureReturnValueIgnored") // what the call returns is composed
  private <R> CompletableFuture<R> start(Write<T> write, Function<Write<T>, R> call) {
    return Rows.start(
        () -> {
          StateKey key = write.key();
          long bytes = write.value().map(value -> writer.typicalBytes(key, value)).orElse(1);
          window.enter(bytes, () -> "write " + key);
          return inOrder
              .run(key, () -> writer.commits().putOff(key, () -> call.apply(write)))
              .thenCompose(Function.identity())
              .whenComplete((result, failure) -> window.leave(bytes));
        });
  }

  @Override
  public Optional<Versioned<T>> find(StateKey key) {
    return plain.find(key);
  }

  @Override
  public Map<StateKey, DataResult<Optional<Versioned<T>>>> findAll(Collection<StateKey> wanted) {
    return plain.findAll(wanted);
  }

  @Override
  public CompletableFuture<Optional<Versioned<T>>> findAsync(StateKey key) {
    return plain.findAsync(key);
  }

  @Override
  public List<StateKey> keys(AgentId agent, String prefix) {
    return plain.keys(agent, prefix);
  }

  @Override
  public List<StateKey> keys(AgentId agent, String prefix, String after, int limit) {
    return plain.keys(agent, prefix, after, limit);
  }

  @Override
  public Map<StateKey, DataResult<Versioned<T>>> search(StateQuery query) {
    return plain.search(query);
  }

  @Override
  public Watch watch(AgentId agent, String prefix, Consumer<StateChangeEvent<T>> listener) {
    return plain.watch(agent, prefix, listener);
  }

  @Override
  public void awaitDurable(StateKey key, Revision revision, Duration deadline) {
    plain.awaitDurable(key, revision, deadline);
  }

  @Override
  public void flush(StateKey key, Duration deadline) {
    plain.flush(key, deadline);
  }
}
