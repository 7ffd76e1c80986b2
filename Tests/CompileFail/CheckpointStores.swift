// fails: cannot find type 'CheckpointStore' in scope
import SeppoMPI

func name(_ store: any CheckpointStore) -> String { store.name }
