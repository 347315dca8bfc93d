package io.mistersmith.persistence.conflict;

record Reject<T>() implements ConflictResolver<T> {

  @Override
  public Resolution<T> resolve(Conflict<T> conflict) {
    return Resolution.rejected(
        "it was written by " + conflict.current().origin() + " meanwhile; read it and try again");
  }

  @Override
  public ConflictStrategy strategy() {
    return ConflictStrategy.REJECT;
  }
}
