package io.mistersmith.persistence.core.contract;

import io.mistersmith.persistence.testkit.contract.ChangeFeedContract;
import io.mistersmith.persistence.testkit.contract.CrossStoreContract;
import io.mistersmith.persistence.testkit.contract.FleetingMessageContract;
import io.mistersmith.persistence.testkit.contract.ForgettingContract;
import io.mistersmith.persistence.testkit.contract.KnowledgeContract;
import io.mistersmith.persistence.testkit.contract.KnowledgeSearchContract;
import io.mistersmith.persistence.testkit.contract.LargeValueContract;
import io.mistersmith.persistence.testkit.contract.LargeValueUpkeepContract;
import io.mistersmith.persistence.testkit.contract.LogContract;
import io.mistersmith.persistence.testkit.contract.LogStepContract;
import io.mistersmith.persistence.testkit.contract.LogUpkeepContract;
import io.mistersmith.persistence.testkit.contract.MessageChannelContract;
import io.mistersmith.persistence.testkit.contract.MessageContract;
import io.mistersmith.persistence.testkit.contract.NestedSagaContract;
import io.mistersmith.persistence.testkit.contract.PersistenceFixture;
import io.mistersmith.persistence.testkit.contract.SagaCompensationContract;
import io.mistersmith.persistence.testkit.contract.SagaContract;
import io.mistersmith.persistence.testkit.contract.SagaRecoveryContract;
import io.mistersmith.persistence.testkit.contract.SessionContract;
import io.mistersmith.persistence.testkit.contract.SessionCopyContract;
import io.mistersmith.persistence.testkit.contract.StepContract;
import io.mistersmith.persistence.testkit.contract.StepVisibilityContract;
import io.mistersmith.persistence.testkit.contract.StepWriteThroughContract;
import io.mistersmith.persistence.testkit.contract.StreamContract;
import io.mistersmith.persistence.testkit.contract.StreamDeadLetterContract;
import io.mistersmith.persistence.testkit.contract.StreamOrderContract;
import io.mistersmith.persistence.testkit.contract.TasksContract;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The contracts of steps, logs, large values, tasks, messages, sessions, sagas, changes and
 * knowledge over NATS and PostgreSQL.
 */
@Tag("contract")
@Execution(ExecutionMode.CONCURRENT)
class RealServersFamilyContractIT {

  /**
   * Contracts of the engine rather than of a server: verify runs them on the newest servers alone.
   */
  private static final String NEWEST = "newest";

  @Nested
  @Tag(NEWEST)
  class Steps extends StepContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class StepVisibility extends StepVisibilityContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class StepsWrittenThrough extends StepWriteThroughContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class LogSteps extends LogStepContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  class Logs extends LogContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  class Changes extends ChangeFeedContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withSets("events");
    }
  }

  @Nested
  class FleetingMessages extends FleetingMessageContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class UserSessions extends SessionContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  class SessionCopies extends SessionCopyContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  class LogUpkeep extends LogUpkeepContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  class Messages extends MessageContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  class KnownFacts extends KnowledgeContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  class MessageChannels extends MessageChannelContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  class KnowledgeSearch extends KnowledgeSearchContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class IndexedSearch extends KnowledgeSearchContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withPgvector(DIMENSIONS);
    }
  }

  @Nested
  class Large extends LargeValueContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  class LargeUpkeep extends LargeValueUpkeepContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class TasksOfAgents extends TasksContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  class StreamsOfMessages extends StreamContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  class StreamDeadLetters extends StreamDeadLetterContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  class StreamOrder extends StreamOrderContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class CrossStores extends CrossStoreContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class SagasForward extends SagaContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class SagasBack extends SagaCompensationContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class SagasNested extends NestedSagaContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class SagasRecovered extends SagaRecoveryContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class ForgottenAgents extends ForgettingContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }
}
