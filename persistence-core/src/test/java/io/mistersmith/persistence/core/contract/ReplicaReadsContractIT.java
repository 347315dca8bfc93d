package io.mistersmith.persistence.core.contract;

import io.mistersmith.persistence.testkit.contract.ReplicaReadsContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** Reads that may be old, and those that must not be, with a real standby that is held back. */
@Tag("contract")
@Tag("newest")
class ReplicaReadsContractIT extends ReplicaReadsContract {

  private static ReplicatedServers.Pair servers;

  @BeforeAll
  static void start() {
    servers = ReplicatedServers.Pair.start();
  }

  @AfterAll
  static void stop() {
    servers.close();
  }

  @Override
  protected Fixture replicaFixture() {
    return new ReplicatedServers(servers);
  }
}
