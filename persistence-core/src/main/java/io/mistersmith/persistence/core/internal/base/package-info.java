/** Threads, clocks and services that go on whatever the application's code does to them. */
@NullMarked
package io.mistersmith.persistence.core.internal.base;

import org.jspecify.annotations.NullMarked;
