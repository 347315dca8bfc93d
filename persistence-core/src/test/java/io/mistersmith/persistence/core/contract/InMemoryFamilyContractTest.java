package io.mistersmith.persistence.core.contract;

import io.mistersmith.persistence.testkit.contract.ChangeFeedContract;
import io.mistersmith.persistence.testkit.contract.FleetingMessageContract;
import io.mistersmith.persistence.testkit.contract.ForgettingContract;
import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
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
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The contracts of steps, logs, large values, tasks, messages, sessions, sagas, changes and
 * knowledge over the stores in memory.
 */
@Execution(ExecutionMode.CONCURRENT)
class InMemoryFamilyContractTest {
  @Nested
  class Steps extends StepContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class StepVisibility extends StepVisibilityContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class StepsWrittenThrough extends StepWriteThroughContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class LogSteps extends LogStepContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class Logs extends LogContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class Changes extends ChangeFeedContract {
    @Override
    protected PersistenceFixture fixture() {
      return InMemoryFixture.withSets("events");
    }
  }

  @Nested
  class FleetingMessages extends FleetingMessageContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class UserSessions extends SessionContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class SessionCopies extends SessionCopyContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class LogUpkeep extends LogUpkeepContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class Messages extends MessageContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class KnownFacts extends KnowledgeContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class MessageChannels extends MessageChannelContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class KnowledgeSearch extends KnowledgeSearchContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class Large extends LargeValueContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class LargeUpkeep extends LargeValueUpkeepContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class TasksOfAgents extends TasksContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class StreamsOfMessages extends StreamContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class StreamDeadLetters extends StreamDeadLetterContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class StreamOrder extends StreamOrderContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class SagasForward extends SagaContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class SagasBack extends SagaCompensationContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class SagasNested extends NestedSagaContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class SagasRecovered extends SagaRecoveryContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class ForgottenAgents extends ForgettingContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }
}
