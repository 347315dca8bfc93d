package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.repository.StateRepository;
import io.mistersmith.persistence.testkit.server.NatsCluster;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import java.time.Duration;
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
      Installation installation = servers.installation(cluster.url());
      NatsConfig replicated =
          installation.config().nats().withReplicas(3).withRequestTimeout(Duration.ofSeconds(10));
      try (Persistence persistence =
              Persistence.open(installation.config().toBuilder().nats(replicated).build());
          Streams streams = Streams.of(installation)) {
        assertThat(streams.info().getConfiguration().getReplicas()).isEqualTo(3);
        String agent = installation.register(persistence, 1).get(0);
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
          long written = states.save(key, i).revision().sequence();
          if (streams.sequenceByDirectGet(agent + "." + key.key()) < written) {
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
}
