package io.mistersmith.persistence.spi.hot;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/** Reads the latest entries of a bucket; see {@link HotStore.HotBucket}. Thread-safe. */
public interface HotReads {

  /** The most keys that {@link #getTogether} reads at one moment. */
  int MOST_OF_ONE_MOMENT = 1_024;

  /** Returns the bucket's full name, with prefix. */
  String name();

  /**
   * Whether {@link ReadFrom#ANY_REPLICA} can answer with less than the leader knows; false for a
   * bucket with one replica.
   */
  boolean hasReplicas();

  /**
   * How long the server keeps an entry after its last write, as {@link Journal#state} last found
   * it; zero where it keeps it until it is removed. Does not wait.
   */
  Duration maxAge();

  /** The key's latest message, value or marker. Does not look at {@code expiresAt}. */
  Optional<HotEntry> get(StateKey key, ReadFrom from);

  /** {@link #get} without waiting. */
  CompletableFuture<Optional<HotEntry>> getAsync(StateKey key, ReadFrom from);

  /** The latest message of each key that has one, in one pass. Complete, or an exception. */
  Map<StateKey, HotEntry> getAll(Collection<StateKey> keys, ReadFrom from);

  /**
   * {@link #getAll} from {@code ANY_REPLICA}, which says whether the messages are those of one
   * moment: of messages that were {@linkplain HotWrites#publishTogether stored together}, all or
   * none are in the answer, or later ones. Those of more than {@link #MOST_OF_ONE_MOMENT} keys
   * never are, those of fewer where they fit into one answer.
   */
  default Together getTogether(Collection<StateKey> keys) {
    return new Together(getAll(keys, ReadFrom.ANY_REPLICA), keys.size() <= MOST_OF_ONE_MOMENT);
  }

  /**
   * The place of the latest message, value or marker, of any of the owner's keys; asks the leader.
   */
  Optional<MessagePlace> latest(AgentId agent);

  /**
   * The latest message, value or marker, of those of the owner's keys whose {@linkplain
   * StateKey#path path} is {@code prefix}, which ends with a dot, and a rest without a dot; asks
   * the leader.
   */
  Optional<HotEntry> latest(AgentId agent, String prefix);

  /**
   * The latest message, without its value, of each of the owner's keys whose {@linkplain
   * StateKey#path path} starts with {@code prefix}; markers too. Complete, or an exception: each
   * key that had a message when the call began is listed unless it was evicted meanwhile. With
   * {@linkplain #hasReplicas replicas} the message can be an older one of that key than the leader
   * has.
   */
  List<HotEntry> list(AgentId agent, String prefix);

  /**
   * Those of the owner's keys that have a message, value or marker, and a path that starts with
   * {@code prefix}, without waiting. Complete as {@link #list} is, or an exception.
   */
  default CompletableFuture<Set<StateKey>> keysAsync(AgentId agent, String prefix) {
    try {
      return CompletableFuture.completedFuture(
          list(agent, prefix).stream().map(HotEntry::key).collect(Collectors.toUnmodifiableSet()));
    } catch (PersistenceException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** The servers that may answer a read of a replicated bucket. */
  enum ReadFrom {
    /** Any replica: fast, but it may not have the latest write yet. */
    ANY_REPLICA,
    /** The leader: what it answers includes every acknowledged write. */
    LEADER
  }

  /**
   * The latest messages of several keys.
   *
   * @param messages by key; keys without a message are missing
   * @param ofOneMoment whether they are known to be those of one moment
   */
  record Together(Map<StateKey, HotEntry> messages, boolean ofOneMoment) {}

  /**
   * The place of a message in a bucket's stream.
   *
   * @param sequence its sequence
   * @param time when the server stored it
   */
  record MessagePlace(long sequence, Instant time) {}
}
