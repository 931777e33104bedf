// A module that cannot be imported by a thread; the tests never import it.

throw new Error('this module is broken')
