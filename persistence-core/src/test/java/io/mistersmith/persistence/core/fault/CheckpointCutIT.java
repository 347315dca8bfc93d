package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.checkpoint.Checkpoints;
import io.mistersmith.persistence.checkpoint.Checkpoints.Restored;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Checkpoints are made and restored while four writers, on two runtimes, write the agent's keys.
 */
@Tag("fault")
class CheckpointCutIT {

  private static final int SNAPSHOTS = Repetitions.of(60, 15);
  private static final int RESTORES = Repetitions.of(15, 4);
  private static final Duration SOON = Duration.ofSeconds(60);

  @SuppressWarnings("NullAway.Init") // set before the tests
  private static FaultServers servers;

  @BeforeAll
  static void start() {
    servers = FaultServers.unharmed();
  }

  private static List<PairWriter> write(Persistence mine, Persistence other, AgentId agent) {
    return List.of(
        new PairWriter(mine, agent, "one"),
        new PairWriter(mine, agent, "two"),
        new PairWriter(other, agent, "three"),
        new PairWriter(other, agent, "four"));
  }

  @Test
  void aCheckpointIsExactlyWhatStoodAtItsPosition() {
    Installation installation = servers.installation();
    try (Persistence mine = installation.open();
        Persistence other = installation.open()) {
      AgentId agent = installation.register(mine, 1).get(0);
      Checkpoints checkpoints = mine.checkpoints();
      List<Checkpoint> made = new ArrayList<>();
      List<PairWriter> writers = write(mine, other, agent);
      try {
        for (int i = 0; i < SNAPSHOTS; i++) {
          List<Long> floors = writers.stream().map(PairWriter::acknowledged).toList();
          CheckpointOptions options =
              i % 2 == 0 ? CheckpointOptions.full() : CheckpointOptions.changes();
          Checkpoint checkpoint = checkpoints.create(agent, options);
          made.add(checkpoint);
          // The checkpoint has all writes that this process saw acknowledged before.
          for (int w = 0; w < 2; w++) {
            assertThat(number(mine, checkpoint, writers.get(w).second()))
                .isGreaterThanOrEqualTo(floors.get(w));
          }
        }
      } finally {
        writers.forEach(PairWriter::close);
      }
      made.forEach(checkpoint -> assertExact(mine, checkpoint, writers));
      long pairs = writers.stream().mapToLong(PairWriter::acknowledged).sum();
      assertThat(pairs).isGreaterThan(SNAPSHOTS);
      servers.report(
          "CheckpointCut",
          "snapshots=%d writers=4 pairs=%d torn=0 old=0".formatted(SNAPSHOTS, pairs));
    }
  }

  private static long number(Persistence persistence, Checkpoint checkpoint, StateKey key) {
    return Optional.ofNullable(persistence.checkpoints().read(checkpoint.id(), Long.class).get(key))
        .map(Versioned::value)
        .orElse(0L);
  }

  /**
   * It has the last write of each key up to its position, so that no second write of a pair is
   * there without the first.
   */
  private static void assertExact(
      Persistence persistence, Checkpoint checkpoint, List<PairWriter> writers) {
    Map<StateKey, Revision> content = new HashMap<>();
    persistence
        .checkpoints()
        .read(checkpoint.id(), Long.class)
        .forEach((key, version) -> content.put(key, version.revision()));
    Map<StateKey, Revision> stood = new HashMap<>();
    checkpoint
        .position()
        .ifPresent(
            position ->
                writers.forEach(
                    writer ->
                        writer
                            .keys()
                            .forEach(
                                key ->
                                    writer
                                        .at(key, position)
                                        .ifPresent(last -> stood.put(key, last.getKey())))));
    assertThat(content).as("%s", checkpoint).isEqualTo(stood);
  }

  @Test
  void ofARestoreAndAWriteBesideItTheLaterInTheJournalStands() {
    Installation installation = servers.installation();
    try (Persistence mine = installation.open();
        Persistence other = installation.open()) {
      AgentId agent = installation.register(mine, 1).get(0);
      StateRepository<Long> states = mine.states(Long.class);
      List<StateKey> quiet =
          Stream.iterate(0, i -> i + 1).limit(50).map(i -> StateKey.of(agent, "q" + i)).toList();
      quiet.forEach(key -> states.save(key, 7L));
      states.save(StateKey.of(agent, "one.first"), 5L);
      Checkpoint made = mine.checkpoints().create(agent, CheckpointOptions.full());
      quiet.forEach(key -> states.save(key, 8L));

      int restored = 0;
      List<PairWriter> writers = write(mine, other, agent);
      try {
        for (int i = 0; i < RESTORES; i++) {
          Restored once = mine.checkpoints().restore(made.id(), SOON);
          restored += once.written() + once.deleted();
        }
      } finally {
        writers.forEach(PairWriter::close);
      }

      mine.lifecycle().flush(agent, SOON);
      Map<StateKey, Row> rows = installation.rows();
      for (StateKey key : quiet) {
        assertThat(installation.row(key).number()).isEqualTo(7);
      }
      for (PairWriter writer : writers) {
        for (StateKey key : writer.keys()) {
          Map.Entry<Revision, Long> last = writer.last(key);
          Row row = Optional.ofNullable(rows.get(key)).orElseThrow();
          if (row.revision().equals(last.getKey())) {
            assertThat(row.number()).isEqualTo(last.getValue());
          } else {
            assertThat(row.revision()).as("%s, restored", key).isGreaterThan(last.getKey());
            assertThat(row.number()).as("%s, restored", key).isEqualTo(restored(mine, made, key));
          }
          assertThat(states.find(key).map(Versioned::value).orElse(-1L)).isEqualTo(row.number());
        }
      }
      installation.assertNothingWentBack();
      servers.report(
          "RestoreBesideWriters",
          "restores=%d writers=4 restored=%d lost=0".formatted(RESTORES, restored));
    }
  }

  /** Returns the number in the checkpoint, or -1 where it is deleted, as in {@link Row}. */
  private static long restored(Persistence persistence, Checkpoint made, StateKey key) {
    return Optional.ofNullable(persistence.checkpoints().read(made.id(), Long.class).get(key))
        .map(Versioned::value)
        .orElse(-1L);
  }
}
