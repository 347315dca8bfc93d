package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.NatsCluster;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A bucket with three replicas, of which any may answer a read with less than was written. */
@Tag("fault")
class ReadYourWritesIT {

  private static final int READS = 2_000;

  @Test
  void aProcessNeverReadsLessThanItWrote() {
    try (FaultServers servers = FaultServers.start();
        NatsCluster cluster = NatsCluster.start(3, NatsOptions.defaults())) {
      Installation whole = servers.installation(cluster.url());
      AgentId agent;
      Installation installation;
      try (Persistence persistence = open(whole);
          Streams streams = Streams.of(whole)) {
        agent = whole.register(persistence, 1).get(0);
        assertThat(streams.info().getConfiguration().getReplicas()).isEqualTo(3);
        installation = whole.at(follower(cluster, streams));
      }
      try (Persistence persistence = open(installation);
          Streams streams = Streams.of(installation)) {
        StateRepository<Long> states = persistence.states(Long.class);
        StateKey key = StateKey.of(agent, "cursor");
        int older = 0;
        for (long i = 0; i < READS; i++) {
          Revision written = states.save(key, i).revision();
          Versioned<Long> found = states.find(key).orElseThrow();
          if (written.isAfter(found.revision()) || found.value() != i) {
            older++;
          }
        }
        int stale = 0;
        for (long i = 0; i < READS; i++) {
          long written = ((Revision.OfJournal) states.save(key, i).revision()).sequence();
          if (streams.sequenceByDirectGet(Installation.tail(agent, key.path())) < written) {
            stale++;
          }
        }
        servers.report(
            "ReadYourWrites",
            "replicas=3 reads=%d older_than_written=%d raw_direct_gets=%d of_them_stale=%d"
                .formatted(READS, older, READS, stale));
        assertThat(older).as("reads that returned less than was written").isZero();
      }
    }
  }

  /**
   * A server asks its own replica first, so a client that is connected to the leader misses
   * nothing.
   */
  private static String follower(NatsCluster cluster, Streams streams) {
    String leader = String.valueOf(streams.leader());
    return IntStream.range(0, 3)
        .filter(i -> !leader.equals("test-" + (i + 1)))
        .mapToObj(i -> cluster.servers().get(i).url())
        .findFirst()
        .orElseThrow();
  }

  private static Persistence open(Installation installation) {
    NatsConfig replicated =
        installation.config().nats().toBuilder()
            .replicas(3)
            .requestTimeout(Duration.ofSeconds(10))
            .build();
    return Persistence.open(installation.config().toBuilder().nats(replicated).build());
  }
}
