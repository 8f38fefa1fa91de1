"""Corpus -> student: TRL's SFTTrainer underneath, with Thalweg's own encoding, batches and loss.

    config.py       what a study may set (learning rate, batch, passes, LoRA, packing ...)
    encode.py       examples -> token ids, labels and token weights
    schedule.py     which examples each optimiser step sees, and at what learning rate
    packing.py      encoded rows -> padded or packed tensors
    objectives.py   log-probabilities in chunks over the vocabulary, and the weighted loss on them
    student.py      model folders: load, check, save
    loop.py         the SFTTrainer subclass
    checkpoints.py  interim checkpoints that survive a kill
    trainer.py      `train`: all of the above in order
    launch.py       the same on several processes (`accelerate launch`)

Not covered: evaluation while training (scoring a checkpoint is generate + grade), and mixtures that change while
training.
"""
