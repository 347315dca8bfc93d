package io.mistersmith.persistence.conflict;

import io.mistersmith.persistence.crdt.Crdt;

record CrdtMerge<C extends Crdt<C>>() implements ConflictResolver<C> {

  @Override
  public Resolution<C> resolve(Conflict<C> conflict) {
    if (conflict.incoming().value().isEmpty()) {
      return Resolution.keepCurrent();
    }
    C incoming = conflict.incoming().value().get();
    return conflict
        .current()
        .value()
        .map(current -> Resolution.merged(current.merge(incoming)))
        .orElseGet(Resolution::takeIncoming);
  }

  @Override
  public ConflictStrategy strategy() {
    return ConflictStrategy.CRDT_MERGE;
  }
}
