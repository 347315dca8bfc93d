package io.mistersmith.persistence.conflict;

record LastWriteWins<T>() implements ConflictResolver<T> {

  @Override
  public Resolution<T> resolve(Conflict<T> conflict) {
    return conflict.incoming().isAfter(conflict.current())
        ? Resolution.takeIncoming()
        : Resolution.keepCurrent();
  }

  @Override
  public ConflictStrategy strategy() {
    return ConflictStrategy.LAST_WRITE_WINS;
  }
}
