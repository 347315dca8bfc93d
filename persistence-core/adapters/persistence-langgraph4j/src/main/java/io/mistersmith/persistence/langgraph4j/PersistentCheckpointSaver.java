package io.mistersmith.persistence.langgraph4j;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Limits;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.state.StateType;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.bsc.langgraph4j.RunnableConfig;
import org.bsc.langgraph4j.checkpoint.BaseCheckpointSaver;
import org.bsc.langgraph4j.checkpoint.Checkpoint;
import org.bsc.langgraph4j.serializer.StateSerializer;

/**
 * A checkpoint saver for LangGraph4j. The checkpoints of a thread are a log: a put appends an
 * entry, and the latest checkpoint is read from the last entry, however many there are. Nothing is
 * kept in this process, so that another one can go on with a thread.
 *
 * <p>A put returns when NATS has acknowledged it; PostgreSQL has it soon after. Processes that put
 * checkpoints of one thread at once lose none. A checkpoint has at most about 700 kB as its
 * serializer writes it.
 *
 * <p>Failures are {@link io.mistersmith.persistence.error.PersistenceException}s, except that a put
 * in place of a checkpoint that does not exist throws {@link java.util.NoSuchElementException}, as
 * the framework's own savers do. Thread-safe, if the state serializer is.
 */
public final class PersistentCheckpointSaver implements BaseCheckpointSaver {

  private static final StateType<StoredCheckpoint> TYPE =
      StateType.of("langgraph4j", StoredCheckpoint.class);
  private static final String ONLY = "checkpoints";
  private static final int MOST_KNOWN = 10_000;

  private final Persistence persistence;
  private final CheckpointFormat format;
  private final Optional<Function<String, AgentId>> owner;
  private final Limits limits;

  /** Threads whose limits this process has set. */
  private final Set<String> limited = ConcurrentHashMap.newKeySet();

  private PersistentCheckpointSaver(Builder builder) {
    this.persistence = builder.persistence;
    this.format = new CheckpointFormat(builder.serializer);
    this.owner = builder.owner;
    this.limits = builder.limits;
  }

  /** Returns a saver without limits, whose threads are their own owners. */
  public static PersistentCheckpointSaver of(
      Persistence persistence, StateSerializer<?> serializer) {
    return builder(persistence, serializer).build();
  }

  /**
   * Begins to build a saver. The saver does not close {@code persistence}.
   *
   * @param serializer the graph's state serializer
   */
  public static Builder builder(Persistence persistence, StateSerializer<?> serializer) {
    return new Builder(persistence, serializer);
  }

  private Log<StoredCheckpoint> log(String threadId) {
    return owner
        .map(of -> persistence.log(of.apply(threadId), threadId, TYPE))
        .orElseGet(() -> persistence.log(AgentId.external(threadId), ONLY, TYPE));
  }

  private static String nameOf(RunnableConfig config) {
    return config.threadId().orElse(THREAD_ID_DEFAULT);
  }

  private CheckpointThread thread(RunnableConfig config) {
    return new CheckpointThread(log(nameOf(config)), format);
  }

  /** Returns all checkpoints of the thread, the latest first. */
  @Override
  public Collection<Checkpoint> list(RunnableConfig config) {
    return thread(config).all();
  }

  /** Returns the checkpoint that the configuration names, or else the thread's latest. */
  @Override
  public Optional<Checkpoint> get(RunnableConfig config) {
    CheckpointThread thread = thread(config);
    return config.checkPointId().isPresent()
        ? thread.find(config.checkPointId().get())
        : thread.latest();
  }

  /**
   * Adds a checkpoint to the thread, or puts it in the place of the one that the configuration
   * names.
   *
   * @return the configuration, which names the checkpoint
   * @throws java.util.NoSuchElementException when the configuration names one that does not exist
   */
  @Override
  public RunnableConfig put(RunnableConfig config, Checkpoint checkpoint) {
    limit(nameOf(config));
    if (config.checkPointId().isPresent()) {
      thread(config).replace(config.checkPointId().get(), checkpoint);
      return config;
    }
    thread(config).add(checkpoint);
    return RunnableConfig.builder(config).checkPointId(checkpoint.getId()).build();
  }

  private void limit(String threadId) {
    if (limits.equals(Limits.NONE) || limited.contains(threadId)) {
      return;
    }
    Log<StoredCheckpoint> log = log(threadId);
    if (!log.limits().equals(limits)) {
      log.keep(limits);
    }
    if (limited.size() >= MOST_KNOWN) {
      limited.clear();
    }
    limited.add(threadId);
  }

  /** Deletes the thread's checkpoints in both stores, and returns them, the latest first. */
  @Override
  public Tag release(RunnableConfig config) {
    CheckpointThread thread = thread(config);
    List<Checkpoint> checkpoints = thread.all();
    thread.delete();
    limited.remove(nameOf(config));
    return new Tag(nameOf(config), checkpoints);
  }

  /** Builds a saver. Not thread-safe. */
  public static final class Builder {

    private final Persistence persistence;
    private final StateSerializer<?> serializer;
    private Optional<Function<String, AgentId>> owner = Optional.empty();
    private Limits limits = Limits.NONE;

    private Builder(Persistence persistence, StateSerializer<?> serializer) {
      this.persistence = Objects.requireNonNull(persistence, "persistence");
      this.serializer = Objects.requireNonNull(serializer, "serializer");
    }

    /**
     * Names the owner of each thread by its id, such as the user's agent. A registered owner's
     * checkpoints are deleted with it. Thread ids then have at most 120 characters. By default a
     * thread is its own owner, outside the registry.
     */
    public Builder owner(Function<String, AgentId> ownerOfThread) {
      owner = Optional.of(ownerOfThread);
      return this;
    }

    /** Limits the checkpoints of each thread by number, age or size; by default nothing is. */
    public Builder limits(Limits newLimits) {
      limits = Objects.requireNonNull(newLimits, "limits");
      return this;
    }

    /** Returns the saver. */
    public PersistentCheckpointSaver build() {
      return new PersistentCheckpointSaver(this);
    }
  }
}
