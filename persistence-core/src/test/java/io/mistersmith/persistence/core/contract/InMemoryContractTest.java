package io.mistersmith.persistence.core.contract;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.contract.AgentQueryContract;
import io.mistersmith.persistence.testkit.contract.AgentRemovalContract;
import io.mistersmith.persistence.testkit.contract.AgentRepositoryContract;
import io.mistersmith.persistence.testkit.contract.CacheContract;
import io.mistersmith.persistence.testkit.contract.CheckpointConflictContract;
import io.mistersmith.persistence.testkit.contract.CheckpointContract;
import io.mistersmith.persistence.testkit.contract.CheckpointRetentionContract;
import io.mistersmith.persistence.testkit.contract.ClosingContract;
import io.mistersmith.persistence.testkit.contract.ConflictContract;
import io.mistersmith.persistence.testkit.contract.ConsistencyContract;
import io.mistersmith.persistence.testkit.contract.CrossStoreContract;
import io.mistersmith.persistence.testkit.contract.ExternalOwnerContract;
import io.mistersmith.persistence.testkit.contract.HotOutageContract;
import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.LifecycleContract;
import io.mistersmith.persistence.testkit.contract.PersistenceFixture;
import io.mistersmith.persistence.testkit.contract.QueryCacheContract;
import io.mistersmith.persistence.testkit.contract.ReplicaReadsContract;
import io.mistersmith.persistence.testkit.contract.RevisionContract;
import io.mistersmith.persistence.testkit.contract.StateBadInputContract;
import io.mistersmith.persistence.testkit.contract.StateDurabilityContract;
import io.mistersmith.persistence.testkit.contract.StateExpiryContract;
import io.mistersmith.persistence.testkit.contract.StateKeysContract;
import io.mistersmith.persistence.testkit.contract.StateLayersContract;
import io.mistersmith.persistence.testkit.contract.StateQueryContract;
import io.mistersmith.persistence.testkit.contract.StateRepositoryContract;
import io.mistersmith.persistence.testkit.contract.StateTypesContract;
import io.mistersmith.persistence.testkit.contract.StoreGuardContract;
import io.mistersmith.persistence.testkit.contract.TransactionNestingContract;
import io.mistersmith.persistence.testkit.contract.TransactionOutcomeContract;
import io.mistersmith.persistence.testkit.contract.TransactionRunnerContract;
import io.mistersmith.persistence.testkit.contract.WriteThroughContract;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The API's contracts on the engine over in-memory stores. */
@Execution(ExecutionMode.CONCURRENT)
class InMemoryContractTest {

  @Nested
  class States extends StateRepositoryContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class HotOutage extends HotOutageContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class Layers extends StateLayersContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class Closing extends ClosingContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class Queries extends QueryCacheContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class Types extends StateTypesContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class Revisions extends RevisionContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class ExternalOwners extends ExternalOwnerContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class Keys extends StateKeysContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class Expiry extends StateExpiryContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class Durability extends StateDurabilityContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class WriteThrough extends WriteThroughContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class BadInput extends StateBadInputContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class Agents extends AgentRepositoryContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class AgentRemovals extends AgentRemovalContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class AgentQueries extends AgentQueryContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class StateQueries extends StateQueryContract {
    @Override
    protected PersistenceFixture fixture() {
      return InMemoryFixture.withSets("state_search");
    }
  }

  @Nested
  class Consistencies extends ConsistencyContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class Conflicts extends ConflictContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class CheckpointsOfAgents extends CheckpointContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class CheckpointConflicts extends CheckpointConflictContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class CheckpointRetention extends CheckpointRetentionContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class Caches extends CacheContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class Lifecycle extends LifecycleContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class Transactions extends TransactionRunnerContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class Guards extends StoreGuardContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class TransactionOutcomes extends TransactionOutcomeContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class ReplicaReads extends ReplicaReadsContract {
    @Override
    protected Fixture replicaFixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class TransactionNesting extends TransactionNestingContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  /** A repository that resolves its conflicts keeps every other promise, too. */
  @Nested
  class ResolvedStates extends StateRepositoryContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }

    @Override
    protected StateRepository<Object> states(Persistence runtime) {
      return runtime.states(
          StateType.untyped(Object.class)
              .withRules(ConflictRules.of(ConflictResolver.lastWriteWins())));
    }
  }

  @Nested
  class CrossStores extends CrossStoreContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }
}
