package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.soak.Floors.Floor;
import io.mistersmith.persistence.core.soak.Floors.Presence;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * One thread of a runtime: what its operations share. It says what it is about to write, and what
 * became of it; and compares what it reads with what it was told.
 */
final class Actor {

  private static final long PAUSE_AFTER_FAILURE_NANOS = 20_000_000;
  private static final int MEMBERS = 6;

  private final Persistence persistence;
  private final LedgerWriter ledgerWriter;
  private final Floors floors;
  private final OwnTransfers ownTransfers;
  private final CommitCheck commitCheck;
  private final Random random;
  private final int runtime;
  private final int thread;
  private final String life;
  private final StateRepository<String> states;
  private final StateRepository<String> sessions;
  private final StateRepository<Object> documents;
  private long writes;
  private String doing = "";

  Actor(
      Persistence persistence,
      LedgerWriter ledgerWriter,
      Floors floors,
      OwnTransfers ownTransfers,
      CommitCheck commitCheck,
      Random random,
      int runtime,
      int life,
      int thread) {
    this.persistence = persistence;
    this.ledgerWriter = ledgerWriter;
    this.floors = floors;
    this.ownTransfers = ownTransfers;
    this.commitCheck = commitCheck;
    this.random = random;
    this.runtime = runtime;
    this.thread = thread;
    this.life = "r" + runtime + "l" + life + "t" + thread + "n";
    this.states = persistence.states(String.class);
    this.sessions = persistence.states(StateType.untyped(String.class).in(DataType.SESSION_DATA));
    this.documents = persistence.states(Object.class);
  }

  /** Does it, under whose name failures are counted. */
  void run(Operation operation) {
    doing = operation.getClass().getSimpleName();
    operation.run(this);
  }

  Persistence persistence() {
    return persistence;
  }

  Random random() {
    return random;
  }

  LedgerWriter ledgerWriter() {
    return ledgerWriter;
  }

  Floors floors() {
    return floors;
  }

  OwnTransfers ownTransfers() {
    return ownTransfers;
  }

  /** The name under which this actor changes CRDTs, which no other has, nor had it before. */
  String replica() {
    return life;
  }

  /** The agent that this actor alone saves. */
  AgentId savedAgent() {
    return World.saved(runtime, thread);
  }

  /** The agent whose keys this actor alone writes. */
  AgentId owner() {
    return World.owner(runtime, thread);
  }

  /** Any actor's agent, of any runtime. */
  AgentId anyOwner() {
    return World.owner(random.nextInt(World.RUNTIMES), random.nextInt(World.THREADS));
  }

  /** A key of this kind. */
  StateKey key(Space space) {
    return switch (space) {
      case OWNED -> StateKey.of(owner(), "k" + random.nextInt(60));
      case EXPIRING -> StateKey.of(owner(), "e" + random.nextInt(5));
      case SESSION -> StateKey.of(owner(), "s" + random.nextInt(5));
      case MEMBER -> members().get(random.nextInt(MEMBERS));
      case SHARED -> StateKey.of(World.SHARED, "k" + random.nextInt(30));
      case RESOLVED -> StateKey.of(World.SHARED, "r" + random.nextInt(10));
      case REFUSED -> StateKey.of(World.UNREGISTERED, "k" + random.nextInt(20));
      case COUNTER -> StateKey.of(World.SHARED, "counter" + random.nextInt(8));
      case SET -> StateKey.of(World.SHARED, "set" + random.nextInt(8));
      case REGISTRY -> StateKey.of(AgentId.external("registry"), savedAgent().toString());
    };
  }

  /** The keys of the shared agent that this actor alone writes. */
  List<StateKey> members() {
    return IntStream.range(0, MEMBERS)
        .mapToObj(i -> StateKey.of(World.SHARED, "m" + runtime + "-" + thread + "-" + i))
        .toList();
  }

  /** A key of this owner's documents. */
  StateKey specimen(AgentId owner) {
    return StateKey.of(owner, "d" + random.nextInt(10));
  }

  /** Where documents are kept. */
  StateRepository<Object> documents() {
    return documents;
  }

  /** Where the keys of this kind are kept. */
  StateRepository<String> repository(Space space) {
    return space == Space.SESSION ? sessions : states;
  }

  /** A name for a write that no other write has. */
  String newWrite() {
    return life + ++writes;
  }

  /** The value that a write stores: its name, and more. */
  String value(String write) {
    return write + " " + "x".repeat(random.nextInt(8) == 0 ? 4_000 : random.nextInt(200));
  }

  static String idOf(String value) {
    int end = value.indexOf(' ');
    return end < 0 ? value : value.substring(0, end);
  }

  /** Saves by {@code call}, which gets the value; returns the current version after the save. */
  Optional<Versioned<String>> save(
      Space space, StateKey key, Effect effect, Function<String, Versioned<String>> call) {
    String write = newWrite();
    Floor before = intend(write, space, key, effect);
    try {
      Versioned<String> current = call.apply(value(write));
      saved(write, space, key, effect, current);
      return Optional.of(current);
    } catch (PersistenceException | CompletionException e) {
      failed(write, key, before, e);
      return Optional.empty();
    }
  }

  /** Says what is about to be written; returns what was known until now. */
  Floor intend(String write, Space space, StateKey key, Effect effect) {
    ledgerWriter.intended(write, space, key, effect);
    Floor before = floors.of(key);
    floors.unknown(key);
    return before;
  }

  void saved(String write, Space space, StateKey key, Effect effect, Versioned<String> current) {
    ledgerWriter.acknowledged(write, Optional.of(current.revision()), idOf(current.value()));
    boolean certain = space.hasOneWriter() && effect == Effect.SAVE;
    floors.raise(key, current.revision(), certain ? Presence.CERTAIN : Presence.UNKNOWN);
  }

  /** A delete was acknowledged, with its revision where the call tells it. */
  void deleted(String write, Space space, StateKey key, Optional<Revision> revision) {
    ledgerWriter.acknowledged(write, revision, "");
    revision.ifPresent(known -> floors.raise(key, known, Presence.UNKNOWN));
    if (space.hasOneWriter()) {
      floors.deleted(key);
    }
  }

  /** PostgreSQL is said to have this revision of the key, or a later one. */
  void durable(StateKey key, Revision revision) {
    ledgerWriter.durable(key, revision);
    commitCheck.check(key, revision).ifPresent(ledgerWriter::seen);
  }

  /** Takes a failure that is one of the interface's. */
  void failed(String write, StateKey key, Floor before, RuntimeException failure) {
    if (isRefusal(tolerated(failure).error())) {
      ledgerWriter.refused(write);
      floors.set(key, before);
    } else {
      ledgerWriter.failed(write);
      pause();
    }
  }

  /** Whether nothing was written, for certain. */
  private static boolean isRefusal(DataError error) {
    return error == DataError.VERSION_CONFLICT
        || error == DataError.DUPLICATE_KEY
        || error == DataError.NOT_FOUND;
  }

  /**
   * Counts a failure; one that neither a fault of the soak nor another writer explains fails it.
   */
  PersistenceException tolerated(RuntimeException failure) {
    PersistenceException typed = typed(failure);
    if (typed.isTransient() || isRefusal(typed.error())) {
      ledgerWriter.tolerated(doing, typed.error());
    } else {
      typed.printStackTrace(System.err);
      ledgerWriter.unexpected(doing + ": " + typed.error() + ": " + typed.getMessage());
    }
    return typed;
  }

  private static PersistenceException typed(RuntimeException failure) {
    if (failure instanceof PersistenceException typed) {
      return typed;
    }
    if (failure instanceof CompletionException
        && failure.getCause() instanceof PersistenceException typed) {
      return typed;
    }
    throw failure;
  }

  /** Reads by {@code call}; what it finds is compared with what was known before it. */
  Optional<Versioned<String>> read(
      StateKey key, Function<StateKey, Optional<Versioned<String>>> call) {
    Floor floor = floors.of(key);
    try {
      Optional<Versioned<String>> found = call.apply(key);
      judge(key, floor, found);
      return found;
    } catch (PersistenceException | CompletionException e) {
      PersistenceException unused = tolerated(e);
      pause();
      return Optional.empty();
    }
  }

  /** Compares what was read with what was known before. */
  void judge(StateKey key, Floor floor, Optional<Versioned<String>> read) {
    Found found =
        new Found(read.map(Versioned::revision), read.map(version -> idOf(version.value())));
    Floors.judge(key, floor, found, life).ifPresent(ledgerWriter::seen);
    read.ifPresent(version -> floors.read(key, version.revision()));
  }

  /** Does what may fail while a store is away. */
  void tolerate(Runnable call) {
    try {
      call.run();
    } catch (PersistenceException | CompletionException e) {
      PersistenceException unused = tolerated(e);
      pause();
    }
  }

  void pause() {
    LockSupport.parkNanos(PAUSE_AFTER_FAILURE_NANOS);
  }
}
