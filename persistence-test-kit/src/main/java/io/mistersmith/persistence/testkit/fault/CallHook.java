package io.mistersmith.persistence.testkit.fault;

/** Runs before and after a call into a store. */
interface CallHook {

  /** Comes before the call; returns whether its acknowledgement is to be lost. */
  boolean before(Call call);

  /** Comes after a call that was carried out. */
  void after(Call call, boolean lostAcknowledgement);
}
