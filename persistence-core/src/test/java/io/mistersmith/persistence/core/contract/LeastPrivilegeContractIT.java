package io.mistersmith.persistence.core.contract;

import io.mistersmith.persistence.testkit.contract.AgentQueryContract;
import io.mistersmith.persistence.testkit.contract.AgentRemovalContract;
import io.mistersmith.persistence.testkit.contract.AgentRepositoryContract;
import io.mistersmith.persistence.testkit.contract.ChangeFeedContract;
import io.mistersmith.persistence.testkit.contract.CheckpointContract;
import io.mistersmith.persistence.testkit.contract.CheckpointRetentionContract;
import io.mistersmith.persistence.testkit.contract.ConsistencyContract;
import io.mistersmith.persistence.testkit.contract.CrossStoreContract;
import io.mistersmith.persistence.testkit.contract.EncryptionKeysContract;
import io.mistersmith.persistence.testkit.contract.ForgettingContract;
import io.mistersmith.persistence.testkit.contract.KnowledgeContract;
import io.mistersmith.persistence.testkit.contract.KnowledgeSearchContract;
import io.mistersmith.persistence.testkit.contract.LargeValueContract;
import io.mistersmith.persistence.testkit.contract.LifecycleContract;
import io.mistersmith.persistence.testkit.contract.LogContract;
import io.mistersmith.persistence.testkit.contract.LogUpkeepContract;
import io.mistersmith.persistence.testkit.contract.MessageChannelContract;
import io.mistersmith.persistence.testkit.contract.MessageContract;
import io.mistersmith.persistence.testkit.contract.PersistenceFixture;
import io.mistersmith.persistence.testkit.contract.SagaContract;
import io.mistersmith.persistence.testkit.contract.SagaRecoveryContract;
import io.mistersmith.persistence.testkit.contract.SessionContract;
import io.mistersmith.persistence.testkit.contract.StateBadInputContract;
import io.mistersmith.persistence.testkit.contract.StateDurabilityContract;
import io.mistersmith.persistence.testkit.contract.StateLayersContract;
import io.mistersmith.persistence.testkit.contract.StateRepositoryContract;
import io.mistersmith.persistence.testkit.contract.TasksContract;
import io.mistersmith.persistence.testkit.contract.TransactionOutcomeContract;
import io.mistersmith.persistence.testkit.contract.TransactionRunnerContract;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/**
 * Contracts of the API on an engine whose users of PostgreSQL have the rights of the set roles, so
 * that a statement which needs one more is found.
 */
@Tag("contract")
@Tag("newest")
class LeastPrivilegeContractIT {

  @Nested
  @Tag("full")
  class Agents extends AgentRepositoryContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class AgentsRemoved extends AgentRemovalContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class AgentsFound extends AgentQueryContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class States extends StateRepositoryContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  class Layers extends StateLayersContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class Durability extends StateDurabilityContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class BadInput extends StateBadInputContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class Consistency extends ConsistencyContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class Lifecycle extends LifecycleContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class Large extends LargeValueContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class Logs extends LogContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class LogUpkeep extends LogUpkeepContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class Changes extends ChangeFeedContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege("events");
    }
  }

  @Nested
  @Tag("full")
  class Forgotten extends ForgettingContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege("audit", "events");
    }
  }

  @Nested
  @Tag("full")
  class Encrypted extends EncryptionKeysContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class Checkpoints extends CheckpointContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class Retention extends CheckpointRetentionContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class Transactions extends TransactionRunnerContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class Outcomes extends TransactionOutcomeContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  class TasksOfAgents extends TasksContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class Messages extends MessageContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class MessageChannels extends MessageChannelContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class UserSessions extends SessionContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class KnownFacts extends KnowledgeContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class KnowledgeSearch extends KnowledgeSearchContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class SagasForward extends SagaContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class SagasRecovered extends SagaRecoveryContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }

  @Nested
  @Tag("full")
  class CrossStores extends CrossStoreContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withLeastPrivilege();
    }
  }
}
