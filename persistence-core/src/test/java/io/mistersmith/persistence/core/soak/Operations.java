package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** All operations, each as often as it is to be done in comparison with the others. */
final class Operations {

  private final List<Operation> all = new ArrayList<>();

  private Operations add(int share, Operation operation) {
    all.addAll(Collections.nCopies(share, operation));
    return this;
  }

  static List<Operation> all() {
    SaveOptions any = SaveOptions.unconditional();
    return new Operations()
        .add(8, new Save(Space.OWNED, any))
        .add(4, new Save(Space.SHARED, any))
        .add(2, new Save(Space.SESSION, any))
        .add(1, new Save(Space.REFUSED, any))
        .add(1, new Save(Space.OWNED, any.withDurability(Durability.SQL_COMMITTED)))
        .add(2, new Save(Space.EXPIRING, any.withTimeToLive(Duration.ofMillis(1_500))))
        .add(2, new Save(Space.OWNED, SaveOptions.ifAbsent()))
        .add(2, new Save(Space.SHARED, SaveOptions.ifAbsent()))
        .add(4, new CompareAndSet(Space.OWNED))
        .add(4, new CompareAndSet(Space.SHARED))
        .add(1, new CompareAndSet(Space.SESSION))
        .add(2, new Update(Space.OWNED))
        .add(3, new Update(Space.SHARED))
        .add(2, new Delete(Space.OWNED))
        .add(1, new Delete(Space.EXPIRING))
        .add(1, new Delete(Space.SESSION))
        .add(1, new DeleteAtRevision(Space.OWNED))
        .add(1, new DeleteMany(Space.OWNED))
        .add(1, new DeleteMany(Space.SHARED))
        .add(2, new SaveMany(Space.OWNED))
        .add(2, new SavePipelined(Space.OWNED))
        .add(1, new SaveStep(Space.OWNED))
        .add(1, new Together())
        .add(4, new SaveAndFind(Space.OWNED))
        .add(8, new Find(Space.OWNED))
        .add(4, new Find(Space.SHARED))
        .add(2, new Find(Space.SESSION))
        .add(1, new Find(Space.EXPIRING))
        .add(6, new FindForeign())
        .add(2, new FindMany(Space.OWNED))
        .add(1, new FindMany(Space.SHARED))
        .add(1, new ListKeys())
        .add(4, new Save(Space.MEMBER, any))
        .add(1, new Delete(Space.MEMBER))
        .add(2, new ListShared())
        .add(4, new SaveSpecimen())
        .add(6, new FindSpecimen())
        .add(2, new Hydrate())
        .add(1, new Flush())
        .add(2, new AwaitDurable())
        .add(2, new Resolve(0, ConflictResolver.lastWriteWins()))
        .add(2, new Resolve(2, ConflictResolver.vectorClock(ConflictResolver.lastWriteWins())))
        .add(2, new Resolve(4, ConflictResolver.customMerge((a, b) -> a.compareTo(b) > 0 ? a : b)))
        .add(2, new Resolve(6, ConflictResolver.reject()))
        .add(2, new CountUp())
        .add(2, new ChangeSet())
        .add(3, new AppendToLog())
        .add(3, new UseSession())
        .add(2, new SendAndReceive())
        .add(2, new RunTasks())
        .add(1, new SaveAgent())
        .add(1, new Heartbeat())
        .add(1, new FindAgents())
        .add(1, new SearchState())
        .add(2, new LearnFact())
        .add(1, new Checkpointing())
        .add(1, new Compare())
        .add(2, new Ask())
        .add(1, new ReplayLetter())
        .add(1, new RecordEvent())
        .add(3, new Transfer())
        .add(1, new CommitTogether())
        .add(2, new RunSagas())
        .add(2, new ChangeBoth())
        .add(3, new ReadBooks())
        .add(2, new FindGuarded())
        .all;
  }
}
