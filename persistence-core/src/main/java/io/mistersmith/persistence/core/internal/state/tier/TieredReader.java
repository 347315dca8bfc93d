package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotReads.Together;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.StateStore.StoredKey;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads KV, then PostgreSQL, and never answers with less than this process already knew.
 *
 * <p>A hit in PostgreSQL is hydrated: published to KV only where there is neither value nor marker,
 * and marked with its logical revision, so that a write or a delete that came in between is kept
 * and nothing is flushed back. A hydrator that was paused between its read and its publish can
 * still bring back a value that was overwritten, flushed and evicted meanwhile; the flush meets
 * that message in the journal and removes it.
 *
 * <p>Replicas may answer with an older entry than this process wrote or read (290 of 5,000 reads
 * right after the own write: tried). An answer below the floor is asked again of the leader. If
 * that is no newer, the stream went back, which is verified, or the read fails as transient.
 */
final class TieredReader {

  private static final Logger LOG = LoggerFactory.getLogger(TieredReader.class);

  private static final int COLLECTS = 20;

  private final Tiers tiers;
  private final HotReads reads;

  TieredReader(Tiers tiers) {
    this.tiers = tiers;
    this.reads = tiers.reads();
  }

  Optional<Entry> read(StateKey key) {
    return read(key, ReadFrom.ANY_REPLICA);
  }

  Optional<Entry> readFromLeader(StateKey key) {
    return read(key, ReadFrom.LEADER);
  }

  /**
   * A read whose answer is kept: with every write in it that the watch has delivered before, which
   * a replica may not have.
   */
  Optional<Entry> readToKeep(StateKey key) {
    return read(key, sourceToKeep());
  }

  CompletableFuture<Optional<Entry>> readAsync(StateKey key) {
    return readAsync(key, ReadFrom.ANY_REPLICA);
  }

  /** {@link #readToKeep} without waiting. */
  CompletableFuture<Optional<Entry>> readToKeepAsync(StateKey key) {
    return readAsync(key, sourceToKeep());
  }

  private CompletableFuture<Optional<Entry>> readAsync(StateKey key, ReadFrom wanted) {
    Optional<Revision> floor = tiers.known().of(key);
    ReadFrom from = source(wanted, floor);
    long applied = tiers.revisions().applied();
    return reads
        .getAsync(key, from)
        .thenCompose(
            hot -> {
              if (hot.isPresent() && !isBelow(hot.get(), floor)) {
                return CompletableFuture.completedFuture(answer(hot.get(), applied));
              }
              return CompletableFuture.supplyAsync(() -> readFromLeader(key), tiers.executor());
            });
  }

  Map<StateKey, Optional<Entry>> readAll(Collection<StateKey> keys) {
    return readAll(keys, ReadFrom.ANY_REPLICA);
  }

  /** {@link #readToKeep} of many keys. */
  Map<StateKey, Optional<Entry>> readAllToKeep(Collection<StateKey> keys) {
    return readAll(keys, sourceToKeep());
  }

  /**
   * Reads again while the answers are from several moments and may show a part of a step. A replica
   * that lags can answer the same twice, so only the leader's answers show that nothing changed;
   * but where steps are written all the time, only a replica answers of one moment.
   */
  private Map<StateKey, Optional<Entry>> readAll(Collection<StateKey> keys, ReadFrom wanted) {
    Map<StateKey, Optional<Entry>> before = Map.of();
    for (int attempt = 1; attempt <= COLLECTS; attempt++) {
      ReadFrom from = attempt <= 3 || attempt % 3 == 1 ? wanted : sourceToKeep();
      Collected collected = collect(keys, from);
      boolean comparable = from == sourceToKeep();
      if (collected.isOfOneMoment() || (comparable && isSame(before, collected.answers()))) {
        return collected.answers();
      }
      before = collected.answers();
    }
    throw new TransientPersistenceException(
        DataError.TIMEOUT,
        "bucket "
            + reads.name()
            + ": "
            + keys.size()
            + " keys were not read at one moment in "
            + COLLECTS
            + " attempts, since steps are written to them all the time; try again");
  }

  /** If nothing changed between two reads, all answers are of the moment between them. */
  private static boolean isSame(
      Map<StateKey, Optional<Entry>> before, Map<StateKey, Optional<Entry>> after) {
    return before.size() == after.size()
        && after.entrySet().stream()
            .allMatch(
                answer ->
                    Objects.requireNonNull(before.get(answer.getKey()))
                        .map(Entry::revision)
                        .equals(answer.getValue().map(Entry::revision)));
  }

  /**
   * The answers of one read of several keys.
   *
   * @param isOfOneMoment whether they cannot show a part of a step
   */
  private record Collected(Map<StateKey, Optional<Entry>> answers, boolean isOfOneMoment) {}

  private Collected collect(Collection<StateKey> keys, ReadFrom wanted) {
    // Where one floor may be missing, one question to the leader is quicker than one for each key.
    ReadFrom from = source(wanted, Optional.empty());
    long applied = tiers.revisions().applied();
    Together together =
        from == ReadFrom.ANY_REPLICA
            ? reads.getTogether(keys)
            : new Together(reads.getAll(keys, from), false);
    Map<StateKey, HotEntry> hot = together.messages();
    boolean oneMoment = together.ofOneMoment();
    boolean steps = false;
    Map<StateKey, Optional<Entry>> answers = new LinkedHashMap<>();
    List<StateKey> absent = new ArrayList<>();
    for (StateKey key : keys) {
      Optional<Revision> floor = tiers.known().of(key);
      HotEntry entry = hot.get(key);
      if (from != source(from, floor)) { // a floor was forgotten since
        Optional<Entry> answer = readFromLeader(key);
        answers.put(key, answer);
        oneMoment = false;
        steps |= mayBeDeletedByStep(key, floor, answer);
      } else if (entry != null && !isBelow(entry, floor)) {
        answers.put(key, answer(entry, applied));
        steps |= entry.metadata().step().isPresent();
      } else if (entry == null && floor.isEmpty()) {
        answers.put(key, Optional.empty());
        absent.add(key);
      } else {
        Optional<Entry> answer = readFromLeader(key);
        answers.put(key, answer);
        oneMoment = false;
        steps |= mayBeDeletedByStep(key, floor, answer);
      }
    }
    Revision reached = reached(hot.values(), applied);
    boolean hotAnswers = absent.size() < keys.size();
    for (Map.Entry<StateKey, StoredState> row : tiers.rows(absent).entrySet()) {
      Optional<Entry> entry = fromRow(row.getKey(), row.getValue(), Optional.empty());
      answers.put(row.getKey(), entry);
      // The step of a row that is later than what the bucket had may be in none of the answers.
      boolean later = hotAnswers && row.getValue().revision().isAfter(reached);
      steps |= later;
      // Where another entry was there first, that one is later than those of the bucket above.
      oneMoment &= !later;
      boolean live = tiers.isLive(row.getValue());
      steps |= live && entry.isEmpty(); // its delete may be of a step
      oneMoment &= !live || entry.filter(e -> e.layer() == StorageLayer.RELATIONAL_DB).isPresent();
    }
    steps |= answers.values().stream().anyMatch(entry -> entry.filter(Entry::isOfStep).isPresent());
    return new Collected(answers, oneMoment || !steps || keys.size() == 1);
  }

  /**
   * Whether a step may have deleted a key after the bucket answered for the others. Not if this
   * process knew before that it is deleted, unless a replica has answered, which may not have
   * known.
   */
  private boolean mayBeDeletedByStep(
      StateKey key, Optional<Revision> floorBefore, Optional<Entry> answer) {
    return answer.isEmpty() && (reads.hasReplicas() || !tiers.known().of(key).equals(floorBefore));
  }

  /** What the bucket had for certain when it answered; a replica may lack what is applied. */
  private Revision reached(Collection<HotEntry> answers, long applied) {
    long reached = reads.hasReplicas() ? 1 : Math.max(1, applied);
    for (HotEntry entry : answers) {
      reached = Math.max(reached, entry.sequence());
    }
    return tiers.revisions().of(reached);
  }

  /**
   * Lists the bucket only where PostgreSQL does not have all of it: a list of the bucket reads a
   * message for each of the owner's keys.
   */
  List<StateKey> keys(AgentId agent, String prefix) {
    return tiers.isApplied(agent)
        ? tiers.rowKeys(agent, prefix).stream().filter(tiers::isLive).map(StoredKey::key).toList()
        : keysOfBoth(agent, prefix);
  }

  /** A page of {@link #keys(AgentId, String)}, in the order of their bytes. */
  List<StateKey> keys(AgentId agent, String prefix, String after, int limit) {
    KeyPage page = new KeyPage(tiers, agent, prefix, limit);
    Optional<List<StoredKey>> rows = tiers.appliedKeys(agent, prefix, after, limit);
    return rows.isPresent()
        ? page.after(after, List.of(), rows.get())
        : page.after(after, withoutOlderOnes(reads.list(agent, prefix)));
  }

  private List<StateKey> keysOfBoth(AgentId agent, String prefix) {
    Set<StateKey> gone = new HashSet<>();
    Set<StateKey> live = new TreeSet<>(KeyPage.BY_BYTES);
    for (HotEntry entry : withoutOlderOnes(reads.list(agent, prefix))) {
      (tiers.isLive(entry) ? live : gone).add(entry.key());
    }
    for (StoredKey row : tiers.rowKeys(agent, prefix)) {
      if (tiers.isLive(row) && !gone.contains(row.key())) {
        live.add(row.key());
      }
    }
    return List.copyOf(live);
  }

  /**
   * A list names every key that the leader has, but what it says of them can come from a replica:
   * where this process knows of something later, or cannot be sure that it does not, the leader is
   * asked.
   */
  private Collection<HotEntry> withoutOlderOnes(List<HotEntry> listed) {
    if (!reads.hasReplicas()) {
      return listed;
    }
    Map<StateKey, HotEntry> current = new LinkedHashMap<>();
    List<StateKey> unsure = new ArrayList<>();
    for (HotEntry entry : listed) {
      Optional<Revision> floor = tiers.known().of(entry.key());
      if (isBelow(entry, floor) || source(ReadFrom.ANY_REPLICA, floor) == ReadFrom.LEADER) {
        unsure.add(entry.key());
      } else {
        current.put(entry.key(), entry);
      }
    }
    current.putAll(reads.getAll(unsure, ReadFrom.LEADER));
    return current.values();
  }

  private Optional<Entry> read(StateKey key, ReadFrom wanted) {
    Optional<Revision> floor = tiers.known().of(key);
    ReadFrom from = source(wanted, floor);
    long applied = tiers.revisions().applied();
    Optional<HotEntry> hot = reads.get(key, from);
    if (hot.isPresent() && !isBelow(hot.get(), floor)) {
      return answer(hot.get(), applied);
    }
    boolean leaderAnswered = from == ReadFrom.LEADER || !reads.hasReplicas();
    if (!leaderAnswered && (hot.isPresent() || floor.isPresent())) {
      return read(key, ReadFrom.LEADER);
    }
    if (hot.isPresent()) {
      return readAgainIfTheStreamRestarted(key, floor, tiers.revisionOf(hot.get()));
    }
    return tiers.row(key).flatMap(row -> fromRow(key, row, floor));
  }

  /** Without a floor that can be trusted only the leader's answer is safe. */
  private ReadFrom source(ReadFrom wanted, Optional<Revision> floor) {
    boolean unsure = reads.hasReplicas() && floor.isEmpty() && tiers.known().isIncomplete();
    return unsure ? ReadFrom.LEADER : wanted;
  }

  private ReadFrom sourceToKeep() {
    return reads.hasReplicas() ? ReadFrom.LEADER : ReadFrom.ANY_REPLICA;
  }

  private Optional<Entry> answer(HotEntry hot, long applied) {
    tiers.known().note(hot.key(), tiers.revisionOf(hot), hot.metadata().expiresAt());
    tiers.met(hot.key(), hot.sequence(), hot.metadata());
    if (!tiers.isLive(hot)) {
      return Optional.empty();
    }
    tiers.used(hot.key().agent());
    return Optional.of(tiers.entry(hot, applied));
  }

  private Optional<Entry> fromRow(StateKey key, StoredState row, Optional<Revision> floor) {
    if (floor.isPresent() && floor.get().isAfter(row.revision())) {
      return readAgainIfTheStreamRestarted(key, floor, row.revision());
    }
    tiers.known().note(key, row.revision(), row.expiresAt());
    if (!tiers.isLive(row)) {
      return Optional.empty();
    }
    return hydrate(row) ? Optional.of(Tiers.entry(row)) : read(key, ReadFrom.LEADER);
  }

  /** Returns false when another entry was there first: that one is the answer. */
  private boolean hydrate(StoredState row) {
    AgentId agent = row.key().agent();
    AgentUse use = tiers.sql().orElseThrow().use();
    boolean shown = use.hydrating(agent);
    boolean done = false;
    try {
      tiers.writes().publish(row.key(), Operation.PUT, row.value(), metadata(row), HotWrites.NONE);
      tiers.listener().on(new PersistenceEvent.EntryHydrated(row.key()));
      done = true;
      return true;
    } catch (PersistenceException e) {
      done = Conflicts.isConflict(e);
      if (done) {
        return false;
      }
      LOG.info(
          "bucket {}, key {}: read from PostgreSQL but not hydrated ({}); the next read tries"
              + " again",
          reads.name(),
          row.key(),
          e.getMessage());
      return true;
    } finally {
      if (shown) {
        use.hydrated(agent, done);
      }
    }
  }

  private static EntryMetadata metadata(StoredState row) {
    return row.hydration();
  }

  private boolean isBelow(HotEntry entry, Optional<Revision> floor) {
    return floor.isPresent() && floor.get().isAfter(tiers.revisionOf(entry));
  }

  /** A recreated stream takes the floors with it; else an answer below the floor is stale. */
  private Optional<Entry> readAgainIfTheStreamRestarted(
      StateKey key, Optional<Revision> floor, Revision.OfJournal found) {
    tiers.revisions().verify();
    if (!tiers.known().of(key).equals(floor)) {
      return read(key, ReadFrom.LEADER);
    }
    throw new TransientPersistenceException(
        DataError.CONSISTENCY_VIOLATION,
        "bucket "
            + reads.name()
            + ", key "
            + key
            + ": the stores answer with revision "
            + found
            + ", but this process knows "
            + floor.map(Revision::toString).orElse("none")
            + "; try again");
  }
}
