"""How WithFoM Agent gets onto a machine: the bootstrap of a source folder and the frozen builds."""
